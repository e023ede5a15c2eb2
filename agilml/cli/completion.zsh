#compdef agil
# Completion of agil for zsh. Made by: agil --show-completion zsh
_agil() {
    local line word text
    local -a words_ texts_ open_
    while IFS=$'\t' read -r word text; do
        if [[ $word == *= ]]; then
            open_+=("$word")
        else
            words_+=("$word")
            texts_+=("${word}${text:+  -- $text}")
        fi
    done < <(
        _AGIL_COMPLETE=zsh _AGIL_LINE="$LBUFFER" command "${words[1]}" 2>/dev/null
    )
    (( $#open_ )) && compadd -S '' -- "${open_[@]}"
    (( $#words_ )) && compadd -l -d texts_ -- "${words_[@]}"
}
if ! (( $+functions[compdef] )); then
    autoload -Uz compinit && compinit
fi
compdef _agil agil
