/**
 * For bash. It splits words at `=` and `:` and wants only what follows the last of them; the words are put together again from the line, so
 * that nothing of bash-completion is needed.
 */
const bash = `# berth completion for bash: source it, or save it as /etc/bash_completion.d/berth
_berth() {
  local line=\${COMP_LINE:0:COMP_POINT} word cut="" answer directives candidate breaks i
  local -a words=() found=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((i == 0)) || [[ $line == [[:space:]]* ]]; then
      line=\${line#"\${line%%[![:space:]]*}"}
      ((i == COMP_CWORD)) && word=$line
      words+=("$word")
    else
      ((i == COMP_CWORD)) && word=$line
      words[\${#words[@]}-1]+=$word
    fi
    line=\${line#"$word"}
  done
  word=\${words[\${#words[@]}-1]}
  breaks=\${COMP_WORDBREAKS//[^=:]/}
  [[ -n $breaks && $word == *["$breaks"]* ]] && cut=\${word%"\${word##*["$breaks"]}"}
  answer=$("\${1/#\\~/$HOME}" __complete "\${words[@]:1}" 2>/dev/null) || return
  directives=\${answer##*:}
  answer=\${answer%:*}
  while IFS=$'\\t' read -r candidate _; do
    [[ -n $candidate ]] && found+=("\${candidate#"$cut"}")
  done <<<"$answer"
  # With names among files a colon must stay as it is.
  [[ $directives == *@(files|folders)* && \${#found[@]} -eq 0 ]] && compopt -o filenames 2>/dev/null
  case $directives in
    *files*) while IFS= read -r candidate; do found+=("$candidate"); done < <(compgen -f -- "\${word#"$cut"}") ;;
    *folders*) while IFS= read -r candidate; do found+=("$candidate"); done < <(compgen -d -- "\${word#"$cut"}") ;;
  esac
  [[ $directives == *nospace* ]] && compopt -o nospace 2>/dev/null
  COMPREPLY=("\${found[@]}")
}
complete -F _berth berth
`;

const zsh = `#compdef berth
# berth completion for zsh: source it behind compinit, or save it as _berth in a folder of $fpath
_berth() {
  local answer line directives value
  local -a lines values shown options
  answer="$("\${(Q)words[1]/#\\~/$HOME}" __complete "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)" || return 1
  lines=("\${(@f)answer}")
  directives=\${lines[-1]#:}
  for line in "\${(@)lines[1,-2]}"; do
    value=\${line%%$'\\t'*}
    [[ -z $value ]] && continue
    values+=("$value")
    if [[ $line == *$'\\t'* ]]; then shown+=("$value  -- \${line#*$'\\t'}"); else shown+=("$value"); fi
  done
  [[ $directives == *nospace* ]] && options+=(-S '')
  local -i status_code=1
  (( \${#values} )) && compadd "\${(@)options}" -l -d shown -a -- values && status_code=0
  if [[ $directives == *(files|folders)* ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    if [[ $directives == *folders* ]]; then _files -/ && status_code=0; else _files && status_code=0; fi
  fi
  return status_code
}
if [[ $funcstack[1] == _berth ]]; then _berth "$@"; else compdef _berth berth; fi
`;

const fish = `# berth completion for fish: source it, or save it as ~/.config/fish/completions/berth.fish
function __berth_complete
  set -l words (commandline -opc)
  set -l word (commandline -ct)
  set -l answer ($words[1] __complete $words[2..-1] "$word" 2>/dev/null); or return
  set -l directives (string replace -r '^:' '' -- $answer[-1])
  for line in $answer[1..-2]
    echo $line
  end
  set -l start (string match -r '^--[^=]+=' -- "$word"; or echo "")
  set -l rest (string replace -r '^--[^=]+=' '' -- "$word")
  switch $directives
    case '*files*'
      for path in (__fish_complete_path "$rest")
        echo $start$path
      end
    case '*folders*'
      for path in (__fish_complete_directories "$rest" folder)
        echo $start$path
      end
  end
end
complete -c berth -f -a '(__berth_complete)'
`;

/** The scripts that make shells ask `berth __complete`. */
export const scripts: Readonly<Record<string, string>> = { bash, zsh, fish };
