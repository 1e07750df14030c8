# This file reads libpq connection strings (URL or keyword=value) into the PG… environment variables, which every
# PostgreSQL client obeys. A password on a command line could be read by everybody on the machine; here it can't.
# Sourced after common.sh.

percent_decode() { # percent_decode TEXT
    local text=${1//\\/\\\\}
    printf '%b' "${text//%/\\x}"
}

libpq_set() { # libpq_set KEYWORD VALUE
    local keyword=$1 value=$2 variable
    case $keyword in
    dbname) variable=PGDATABASE ;;
    application_name) variable=PGAPPNAME ;;
    client_encoding) variable=PGCLIENTENCODING ;;
    krbsrvname) variable=PGKRBSRVNAME ;;
    connect_timeout) variable=PGCONNECT_TIMEOUT ;;
    user | password | passfile | host | hostaddr | port | options | service | sslmode | sslcert | sslkey | sslrootcert | \
        sslcrl | sslcrldir | sslsni | sslcompression | sslcertmode | requirepeer | gssencmode | gssdelegation | gsslib | \
        channel_binding | target_session_attrs | load_balance_hosts | require_auth | ssl_min_protocol_version | \
        ssl_max_protocol_version)
        variable=PG${keyword//_/}
        variable=${variable^^}
        ;;
    keepalives* | tcp_user_timeout | fallback_application_name) return ;; # no such variable; not needed here
    *) refuse "database URL: the parameter '$keyword' is not known here" ;;
    esac
    if [ -n "$value" ]; then export "$variable=$value"; fi
}

libpq_read_url() { # libpq_read_url URL, as libpq reads it: [user[:password]@][host[:port],…][/database][?name=value&…]
    local rest=${1#*://} user='' query='' database='' hosts='' ports='' part port pairs list
    [[ ${1//%[0-9A-Fa-f][0-9A-Fa-f]/} != *%* ]] || refuse "database URL: '%' must be followed by two hex digits"
    if [[ ${rest%%/*} = *@* ]]; then
        user=${rest%%@*}
        rest=${rest#*@}
    fi
    if [[ $rest = *\?* ]]; then query=${rest#*\?}; fi
    rest=${rest%%\?*}
    if [[ $rest = */* ]]; then database=${rest#*/}; fi
    IFS=, read -ra list <<<"${rest%%/*}"
    for part in "${list[@]}"; do
        port=''
        if [[ $part = \[*\]* ]]; then
            port=${part##*]}
            part=${part%%]*}
            part=${part#[}
        elif [[ $part = *:* ]]; then
            port=:${part##*:}
            part=${part%:*}
        fi
        hosts+=,$part
        ports+=,${port#:}
    done
    libpq_set user "$(percent_decode "${user%%:*}")"
    if [[ $user = *:* ]]; then libpq_set password "$(percent_decode "${user#*:}")"; fi
    libpq_set host "$(percent_decode "${hosts#,}")"
    if [ -n "${ports//,/}" ]; then libpq_set port "$(percent_decode "${ports#,}")"; fi
    libpq_set dbname "$(percent_decode "$database")"
    IFS='&' read -ra pairs <<<"$query"
    for part in "${pairs[@]}"; do
        [[ $part = ?*=* ]] || refuse "database URL: '$part' after the '?' is not of the form name=value"
        if [ "$part" = ssl=true ]; then part=sslmode=require; fi
        libpq_set "$(percent_decode "${part%%=*}")" "$(percent_decode "${part#*=}")"
    done
}

libpq_read_pairs() { # libpq_read_pairs "name=value name='quoted value' …", where \ takes the next character as it is
    local rest=$1 keyword value
    local name='^[[:space:]]*([a-z_]+)[[:space:]]*=[[:space:]]*' quoted="^'(([^'\\\\]|\\\\.)*)'" plain='^(([^[:space:]\\]|\\.)*)'
    while [[ $rest =~ [^[:space:]] ]]; do
        [[ $rest =~ $name ]] || refuse "database URL: neither postgresql://… nor name=value pairs"
        keyword=${BASH_REMATCH[1]}
        rest=${rest:${#BASH_REMATCH[0]}}
        if [[ $rest = \'* ]]; then
            [[ $rest =~ $quoted ]] || refuse "database URL: the quote after '$keyword=' is not closed"
        else
            [[ $rest =~ $plain ]]
        fi
        rest=${rest:${#BASH_REMATCH[0]}}
        # shellcheck disable=SC2001  # a backslash and its character cannot be told apart by ${…//…}
        value=$(sed 's/\\\(.\)/\1/g' <<<"${BASH_REMATCH[1]}")
        libpq_set "$keyword" "$value"
    done
}

libpq_environment() { # libpq_environment URL: exports what the URL says
    case $1 in
    postgresql://* | postgres://*) libpq_read_url "$1" ;;
    *=*) libpq_read_pairs "$1" ;;
    *) refuse "database URL: '${1%%:*}' is neither postgresql://… nor name=value pairs" ;;
    esac
    export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10}
}
