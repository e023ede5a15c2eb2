# Completion of agil for bash 3.2 and newer. Made by: agil --show-completion bash
_agil_complete() {
    local candidate
    COMPREPLY=()
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(
        _AGIL_COMPLETE=bash _AGIL_LINE="${COMP_LINE:0:COMP_POINT}" \
            _AGIL_BREAKS="$COMP_WORDBREAKS" command "${COMP_WORDS[0]}" 2>/dev/null
    )
    # After conf= a value follows, not a space.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o default -F _agil_complete agil
