# shellcheck shell=bash
# What the steps of `tests/run` need, installed by package name and only if it is missing.

DENY_VERSION=0.20.2
NEXTEST_VERSION=0.9.143

cache=tests/.cache

# install_for STEP...: everything the steps need. Reports all that is missing, not only the first.
install_for() {
    local status=0
    command -v cargo >/dev/null || {
        echo 'cargo is missing: install Rust with rustup; rust-toolchain.toml names the version' >&2
        status=1
    }
    install_packages "$@" || status=1
    local step
    for step in "$@"; do
        case $step in
            deny) install_cargo_tool cargo-deny "$DENY_VERSION" || status=1 ;;
            sqlite | postgres | mysql) install_cargo_tool cargo-nextest "$NEXTEST_VERSION" || status=1 ;;
            elsewhere)
                install_cargo_tool cargo-deny "$DENY_VERSION" || status=1
                install_node_modules examples/verify-node || status=1
                install_venv examples/verify-python/requirements.txt "$cache/venv-elsewhere" || status=1
                ;;
            swagger | session_flow) install_node_modules tests/browser || status=1 ;;
            client) install_node_modules client || status=1 ;;
            quick_start | client_browser)
                install_node_modules tests/browser || status=1
                install_node_modules client || status=1
                ;;
            spa | attacks)
                install_node_modules tests/browser || status=1
                install_node_modules client || status=1
                install_node_modules examples/spa || status=1
                ;;
            oauth-clients)
                install_node_modules tests/oauth-clients || status=1
                install_venv tests/oauth-clients/requirements.txt "$cache/oauth-clients" || status=1
                ;;
            consumers)
                install_cargo_tool cargo-deny "$DENY_VERSION" || status=1
                install_node_modules client || status=1
                install_node_modules tests/consumers || status=1
                install_venv tests/consumers/requirements.txt "$cache/consumers" || status=1
                ;;
            schemathesis) install_venv tests/schemathesis/requirements.txt "$cache/venv" || status=1 ;;
        esac
    done
    return $status
}

# --- Debian packages --------------------------------------------------------------------------------

install_packages() {
    local step missing=()
    has cc || missing+=(build-essential)
    for step in "$@"; do
        case $step in
            postgres) has_postgres || missing+=(postgresql) ;;
            # The "core" packages are the bare programs: no service, no configuration.
            mysql) has mariadbd mariadb-install-db mariadb \
                || missing+=(mariadb-server-core mariadb-client-core) ;;
            elsewhere | oauth-clients)
                has node npm || missing+=(nodejs npm)
                has_venv || missing+=(python3 python3-venv)
                ;;
            consumers)
                has curl || missing+=(curl)
                has jq || missing+=(jq)
                has node npm || missing+=(nodejs npm)
                has_venv || missing+=(python3 python3-venv)
                ;;
            swagger | session_flow | quick_start | client_browser | spa | attacks)
                has openssl || missing+=(openssl)
                has chromium || missing+=(chromium)
                has node npm || missing+=(nodejs npm)
                ;;
            client) has node npm || missing+=(nodejs npm) ;;
            proxies)
                has nginx || missing+=(nginx-light)
                has caddy || missing+=(caddy)
                has haproxy || missing+=(haproxy)
                has node || missing+=(nodejs)
                has openssl || missing+=(openssl)
                ;;
            schemathesis) has_venv || missing+=(python3 python3-venv) ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "missing; as root: apt-get install ${missing[*]}" >&2
        return 1
    fi
    echo "installing ${missing[*]}"
    apt_install "${missing[@]}"
}

has_venv() { python3 -c 'import ensurepip, venv' 2>/dev/null; }

has() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || return 1
    done
}

# In a subshell, for its trap. Packages must not start the services they bring: Debian asks this file
# first, and 101 means "forbidden".
apt_install() (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    # Long, and of interest only if it fails.
    {
        apt-get update -qq
        apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@"
    } >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
)

# --- Tools of the three languages -------------------------------------------------------------------

# Built without the link-time optimisation the tools' authors ship with: it takes longer than all the
# runs it could make faster.
install_cargo_tool() {
    has "$1" && return 0
    echo "building $1 $2"
    CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_STRIP=debuginfo \
        cargo install --quiet --locked --version "$2" "$1"
}

# install_node_modules DIRECTORY
install_node_modules() {
    local dir=$1
    node -e 'const [major, minor] = process.versions.node.split(".").map(Number)
        process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' || {
        echo "Node $(node --version) is too old for $dir: install 20.19 or newer" >&2
        return 1
    }
    # npm writes this file when an installation is complete.
    [ "$dir/node_modules/.package-lock.json" -nt "$dir/package-lock.json" ] && return 0
    npm ci --prefix "$dir" --no-audit --no-fund --ignore-scripts --loglevel=error
}

# install_venv REQUIREMENTS DIRECTORY
install_venv() {
    local wanted=$1 venv=$2
    cmp -s "$wanted" "$venv/installed.txt" && return 0
    rm -rf "$venv"
    mkdir -p "$cache"
    python3 -m venv "$venv" \
        && "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" \
        && cp "$wanted" "$venv/installed.txt"
}
