# shellcheck shell=bash
# Throw-away database servers for one step: data in a directory of their own, a free loopback port, and
# gone with the step.
#
# Each is started as a direct child that the kernel signals when its parent dies, so that not even a
# killed run leaves a server behind. Both servers refuse to run as root: for root, "nobody" runs them.

database_pid=
database_signal=

# as_nobody SIGNAL COMMAND...: run COMMAND without root's rights; SIGNAL is sent to it if we die.
as_nobody() {
    local signal=$1
    shift
    if [ "$(id -u)" -eq 0 ]; then
        exec setpriv --reuid=nobody --regid=nogroup --clear-groups --pdeathsig="$signal" -- "$@"
    else
        exec setpriv --pdeathsig="$signal" -- "$@"
    fi
}

# A directory that the server's user owns, as the working directory is the caller's and may be closed.
make_home() {
    mkdir -m 700 "$1" || return 1
    [ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$1"
}

# Below the range that the kernel hands out to clients, so that no outgoing connection takes it first.
free_port() {
    local port
    while port=$((20000 + RANDOM % 10000)) && (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}

# wait_until_ready LOG COMMAND...: until COMMAND succeeds; if the server dies or stays silent, say why.
wait_until_ready() {
    local log=$1 tries
    shift
    for ((tries = 0; tries < 300; tries++)); do
        "$@" >/dev/null 2>&1 && return 0
        kill -0 "$database_pid" 2>/dev/null || break
        sleep 0.2
    done
    echo 'the database server did not start:' >&2
    tail -n 20 "$log" >&2
    return 1
}

# stop_database STATUS: stop it and return STATUS, the result of what ran on it.
stop_database() {
    kill -"$database_signal" "$database_pid" 2>/dev/null
    wait "$database_pid" 2>/dev/null
    return "$1"
}

# --- PostgreSQL -------------------------------------------------------------------------------------

has_postgres() { [ -n "$(postgres_bin)" ]; }

# Debian keeps the servers of all versions out of PATH: take the newest.
postgres_bin() {
    local found
    found=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    if [ -x "$found/postgres" ]; then
        echo "$found"
    elif command -v postgres >/dev/null; then
        dirname "$(readlink -f "$(command -v postgres)")"
    fi
}

start_postgres() {
    local home=$1 bin port
    bin=$(postgres_bin)
    port=$(free_port)
    make_home "$home" || return 1
    echo tandem >"$home.password"
    (
        cd "$home" || exit 1
        as_nobody KILL "$bin/initdb" --pgdata="$home/data" --username=tandem \
            --pwfile="$home.password" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync
    ) >"$home.log" 2>&1 || { cat "$home.log" >&2; return 1; }

    # INT is the way down that does not wait for clients. Nothing here has to survive a power cut.
    database_signal=INT
    (
        cd "$home" || exit 1
        as_nobody "$database_signal" "$bin/postgres" -D "$home/data" -p "$port" \
            -c listen_addresses=127.0.0.1 -c unix_socket_directories="$home" \
            -c max_connections=200 -c fsync=off -c synchronous_commit=off -c full_page_writes=off
    ) >>"$home.log" 2>&1 &
    database_pid=$!
    wait_until_ready "$home.log" "$bin/pg_isready" -h 127.0.0.1 -p "$port" || return 1
    export TANDEM_TEST_POSTGRES=postgres://tandem:tandem@127.0.0.1:$port/postgres
}

# --- MariaDB ----------------------------------------------------------------------------------------

start_mariadb() {
    local home=$1 port
    port=$(free_port)
    make_home "$home" || return 1
    (
        cd "$home" || exit 1
        as_nobody KILL mariadb-install-db --no-defaults --datadir="$home/data" \
            --skip-name-resolve --skip-test-db --auth-root-authentication-method=normal
    ) >"$home.log" 2>&1 || { cat "$home.log" >&2; return 1; }

    database_signal=TERM
    # The character set is Debian's choice, which --no-defaults takes away.
    cat >"$home.sql" <<SQL
CREATE USER tandem@'127.0.0.1' IDENTIFIED BY 'tandem';
GRANT ALL ON *.* TO tandem@'127.0.0.1' WITH GRANT OPTION;
SQL
    (
        cd "$home" || exit 1
        as_nobody "$database_signal" mariadbd --no-defaults --datadir="$home/data" --tmpdir="$home" \
            --socket="$home/socket" --pid-file="$home/pid" --init-file="$home.sql" \
            --bind-address=127.0.0.1 --port="$port" --skip-name-resolve --max-connections=300 \
            --innodb-flush-log-at-trx-commit=0 \
            --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci
    ) >>"$home.log" 2>&1 &
    database_pid=$!
    wait_until_ready "$home.log" mariadb --no-defaults --protocol=tcp --host=127.0.0.1 \
        --port="$port" --user=tandem --password=tandem --execute='SELECT 1' || return 1
    export TANDEM_TEST_MYSQL=mysql://tandem:tandem@127.0.0.1:$port/mysql
}
