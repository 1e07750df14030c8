# Reads PostgreSQL's log (log_statement=all, log_line_prefix='%m [%p] %u ') and prints what the first session with a
# BEGIN ran:
#   -v part=settings    what it set before, as PGOPTIONS
#   -v part=script      BEGIN to COMMIT as a pgbench script, parameter M of statement N being the variable pN_M
#   -v part=variables   pN_M=VALUE, a line each; those that are null are left out
#   -v part=sequence    BEGIN to COMMIT, a line each with the values put in, to compare two of them

function fault(text) {
    print "transaction.awk: " text >"/dev/stderr"
    failed = 1
    exit 1
}

# One line without comments; a string with "--" in it would be cut, which the comparison of two sequences shows.
function one_line(text) {
    gsub(/--[^\n]*/, "", text)
    gsub(/[ \t\n]+/, " ", text)
    gsub(/^ |;? ?$/, "", text)
    return text
}

# What SELECT set_config($1, $2, false), … sets, from its parameters; PGOPTIONS wants blanks and backslashes escaped.
# What else the service asks of a new connection sets nothing.
function options_of(text, entry,    i, out, to) {
    if (text !~ /^SELECT /) fault("not understood before BEGIN: " text)
    if (text !~ /^SELECT set_config\(/) return ""
    read_values(parameters[entry], "set")
    for (i = 1; ("pset_" i) in value; i += 2) {
        to = value["pset_" (i + 1)]
        gsub(/[\\ ]/, "\\\\&", to)
        out = out " -c " value["pset_" i] "=" to
    }
    return out
}

# Each $N of a statement becomes what `by` says: the variable's name or the value.
function replaced(text, by, number,    out, name) {
    while (match(text, /\$[0-9]+/)) {
        name = "p" number "_" substr(text, RSTART + 1, RLENGTH - 1)
        out = out substr(text, 1, RSTART - 1)
        if (by == "name") out = out ":" name
        else out = out "{" (name in value ? value[name] : "NULL") "}"
        text = substr(text, RSTART + RLENGTH)
    }
    return out text
}

# $1 = 'it''s', $2 = NULL; into value
function read_values(text, number,    name, end) {
    while (match(text, /^(, )?\$[0-9]+ = /)) {
        name = substr(text, RSTART, RLENGTH)
        gsub(/[^0-9]/, "", name)
        name = "p" number "_" name
        text = substr(text, RLENGTH + 1)
        if (text ~ /^NULL/) {
            text = substr(text, 5)
            continue
        }
        text = substr(text, 2)
        value[name] = ""
        for (;;) {
            end = index(text, "'")
            if (end == 0) fault("not understood: " text)
            value[name] = value[name] substr(text, 1, end - 1)
            text = substr(text, end + 1)
            if (substr(text, 1, 1) != "'") break
            value[name] = value[name] "'"
            text = substr(text, 2)
        }
        if (index(value[name], "\n")) fault("a parameter with a line feed")
        if (part == "variables" && begun) print name "=" value[name]
    }
    if (text != "") fault("not understood: " text)
}

/^[0-9][0-9][0-9][0-9]-[0-9][0-9]-/ {
    match($0, /\[[0-9]+\]/)
    process = substr($0, RSTART, RLENGTH)
    entry = ""
    if (match($0, / LOG:  (statement|execute [^ ]*): /)) {
        entry = ++count
        owner[entry] = process
        text[entry] = substr($0, RSTART + RLENGTH)
        if (!session && text[entry] ~ /^BEGIN/) session = process
        is_parameters = 0
    } else if (match($0, / DETAIL:  parameters: /)) {
        entry = count
        parameters[entry] = substr($0, RSTART + RLENGTH)
        is_parameters = 1
    }
    next
}
/^\t/ && entry != "" {
    if (is_parameters) parameters[entry] = parameters[entry] "\n" substr($0, 2)
    else text[entry] = text[entry] "\n" substr($0, 2)
}

END {
    if (failed) exit 1
    if (!session) fault("no BEGIN in the log")
    for (i = 1; i <= count && !finished; i++) {
        if (owner[i] != session) continue
        statement = one_line(text[i])
        begun = begun || statement ~ /^BEGIN/
        if (!begun) {
            settings = settings options_of(statement, i)
            continue
        }
        number++
        if (i in parameters) read_values(parameters[i], number)
        if (part == "script") print replaced(statement, "name", number) ";"
        if (part == "sequence") print replaced(statement, "value", number)
        finished = statement == "COMMIT"
    }
    if (!finished) fault("no COMMIT in the log")
    if (part == "settings") print settings
}
