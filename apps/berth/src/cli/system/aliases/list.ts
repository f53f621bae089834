/** A short word for the shell. */
export interface ShellAlias {
  /** Behind the prefix: `ps` becomes `dps`. */
  readonly name: string;
  /** What runs; what is typed behind the alias follows. Words for a shell, quoted so that bash, zsh and fish read them alike. */
  readonly line: string;
  readonly does: string;
}

/** The short words. */
export const aliases: readonly ShellAlias[] = [
  { name: "ps", line: "berth ps", does: "what runs" },
  { name: "psa", line: "berth ps --all", does: "everything there is" },
  { name: "stacks", line: "berth ps --all --group-by stack", does: "everything, by Compose project" },
  { name: "top", line: "berth top", does: "what is used, kept up to date" },
  { name: "logs", line: "berth logs --follow --tail 100", does: "follow what containers write" },
  { name: "ev", line: "berth events --words", does: "what happens, in words" },
  { name: "sh", line: "berth enter", does: "a shell in a container" },
  { name: "x", line: "berth exec -it", does: "a command in a container, on your terminal" },
  { name: "run", line: "berth run --rm -it", does: "a new container on your terminal, deleted at its end" },
  { name: "up", line: "berth start", does: "start containers" },
  { name: "down", line: "berth stop", does: "stop containers" },
  { name: "re", line: "berth restart", does: "restart containers" },
  { name: "rm", line: "berth rm --force --volumes", does: "delete containers, running or not, and their nameless volumes" },
  { name: "ok", line: "berth wait --until healthy --timeout 60s", does: "wait until containers are healthy" },
  { name: "in", line: "berth inspect", does: "all about an object" },
  {
    name: "ip",
    line: "berth inspect --format '{{.Name}}{{range .NetworkSettings.Networks}} {{.IPAddress}}{{end}}'",
    does: "addresses of containers",
  },
  { name: "img", line: "berth images", does: "images" },
  { name: "last", line: "berth ps --latest --quiet", does: "the id of the newest container" },
];

/** Shells that aliases are written for. */
export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** Lines for `eval`: a function for each alias, so that they work in scripts and take arguments. */
export function aliasText(shell: Shell, prefix: string): string {
  const how = shell === "fish" ? "berth aliases fish | source" : `eval "$(berth aliases ${shell})"`;
  const file = { bash: "~/.bashrc", zsh: "~/.zshrc", fish: "~/.config/fish/config.fish" }[shell];
  const lines = [`# Short words for berth. In ${file}:  ${how}`];
  for (const { name, line, does } of aliases) {
    lines.push(
      shell === "fish"
        ? `function ${prefix}${name} --wraps '${line.split(" ").slice(0, 2).join(" ")}' --description '${does}'; ${line} $argv; end`
        : // The word before it keeps an alias of that name from being expanded here; unalias keeps it from winning later.
          `unalias ${prefix}${name} 2>/dev/null; function ${prefix}${name} { ${line} "$@"; } # ${does}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
