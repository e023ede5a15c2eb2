# Completion of agil for fish. Made by: agil --show-completion fish
function __agil_complete
    set -lx _AGIL_COMPLETE fish
    set -lx _AGIL_LINE (commandline --cut-at-cursor --current-process)
    command agil 2>/dev/null
end
complete --command agil --no-files --arguments "(__agil_complete)"
