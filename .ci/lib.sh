# Shared by the scripts beside it; sourced, never run. What it sets:
#   ROOT   the checkout
#   CACHE  everything that may be thrown away and is slow to make again, outside the checkout
#   TOOLS  programs that a fresh Debian lacks

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${PORTVAKT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/portvakt}
TOOLS=$CACHE/tools
export PORTVAKT_CACHE=$CACHE

# rustup puts cargo here; a shell that was open before that doesn't know it yet.
case ":$PATH:" in *":$HOME/.cargo/bin:"*) ;; *) [ -d "$HOME/.cargo/bin" ] && PATH=$PATH:$HOME/.cargo/bin ;; esac

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Debian keeps PostgreSQL's server programs out of PATH, one folder per version.
postgres_programs() {
  local folder
  for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n -r); do
    [ -x "$folder/initdb" ] && { printf '%s\n' "$folder"; return; }
  done
  have initdb && dirname "$(command -v initdb)"
}

# True when the machine's own Node is 22 or newer (playwright-core and openid-client need it; Debian 12 has 18).
machine_has_node() {
  have npm || return 1
  local version
  version=$(command node --version 2>/dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge 22 ] 2>/dev/null
}

# Prints the folder whose `node` and `npm` the tests use: the machine's own, or the one that setup put in the cache.
node_programs() {
  if machine_has_node; then dirname "$(command -v node)"; else printf '%s\n' "$TOOLS/node"; fi
}
