# Fills the templates of mix.txt with the values of backups: awk -v requests=N -v part=PART -f mix.awk mix.txt BACKUPS
# BACKUPS: tab-separated, the names of the columns first, one of them the token.
#   part=requests  N lines "TOKEN TARGET", each template as often as its weight says
#   part=checks    three requests of each template: "TOKEN TARGET" and, after a tab, SQL of the count that the answer must have

function fault(text) {
    print "mix.awk: " text >"/dev/stderr"
    failed = 1
    exit 1
}

# Plain comparisons, whatever the service does for the same.
function condition(name, value) {
    if (name ~ /^(limit|offset|marker|sort|show_replication)$/) return "true"
    if (name ~ /^(image_type|vault_id|parent_id|resource_id|checkpoint_id|resource_az|enterprise_project_id|incremental)$/)
        return "b." name " = '" value "'"
    if (name ~ /^(name|resource_name)$/) return "position('" value "' in b." name ") > 0"
    if (name == "start_time") return "b.created_at >= '" value "Z'"
    if (name == "end_time") return "b.created_at <= '" value "Z'"
    if (name == "used_percent")
        return "b.vault_id in (select v.id from catalog.vaults v where v.size > 0 and v.used * 100 >= v.size * 1024 * " value ")"
    if (name == "own_type") return value == "shared" ? "b.owner_project_id is not null" : "true"
    if (name == "member_status")
        return "exists (select from catalog.members m where m.backup_id = b.id and starts_with(m.status, '" value "')" \
            " and b.project_id = case when b.owner_project_id is null then m.project_id else m.dest_project_id end)"
    fault("mix.txt: no check is known for the parameter " name "; bench/mix.awk can be taught one")
}

function plain_count(target,    parts, query, pairs, pair, n, i, sql, any) {
    split(target, parts, "?")
    split(parts[1], query, "/") # "", v3, project, backups, id
    sql = "select count(*) from catalog.backups b where b.project_id = '" query[3] "'"
    if (query[5] != "") return sql " and b.id = '" query[5] "'"
    if (parts[2] ~ /[%+']/) fault("mix.txt: only values that need no escaping can be checked: " target)
    if (parts[2] !~ /parent_id=/) sql = sql " and b.parent_id is null"
    if (parts[2] !~ /own_type=(shared|all_granted)/) sql = sql " and b.owner_project_id is null"
    n = split(parts[2], pairs, "&")
    for (i = 1; i <= n; i++) {
        split(pairs[i], pair, "=")
        if (pair[1] == "status" || pair[1] == "resource_type") # may repeat: any of them
            any[pair[1]] = any[pair[1]] (any[pair[1]] == "" ? "" : ", ") "'" pair[2] "'"
        else sql = sql " and " condition(pair[1], pair[2])
    }
    for (i in any) sql = sql " and b." i " in (" any[i] ")"
    return sql
}

function filled(template, backup,    column) {
    for (column = 1; column <= columns; column++)
        gsub("[{]" name[column] "[}]", value[backup, column], template)
    if (template ~ /[{}]/) fault("mix.txt: unknown name in " template)
    return value[backup, token] " " template
}

FNR == NR && /^[0-9]/ {
    weight[++templates] = $1
    target[templates] = $2
    weights += $1
    next
}
FNR == NR { next }
FNR == 1 {
    columns = split($0, name, "\t")
    for (i = 1; i <= columns; i++) if (name[i] == "token") token = i
    next
}
{
    backups++
    n = split($0, cells, "\t")
    for (i = 1; i <= n; i++) value[backups, i] = cells[i]
}

END {
    if (failed) exit 1
    if (!backups) fault("no backups to take values from")
    for (t = 1; t <= templates; t++) {
        n = part == "checks" ? 3 : int(weight[t] * requests / weights + 0.5)
        for (i = 0; i < n; i++) {
            line = filled(target[t], (t * 131 + i * 7919) % backups + 1)
            if (part == "checks") line = line "\t" plain_count(substr(line, index(line, " ") + 1))
            print line
        }
    }
}
