// This file makes SQL injections.
#include "injections.hpp"

#include <algorithm>

namespace support {

std::vector<std::string> injections() {
    // Out of where the text may stand. Some begin like a good value of a parameter.
    const std::vector<std::string> exits{"'",
                                         "''",
                                         "')",
                                         "'))",
                                         "\"",
                                         "\")",
                                         "`",
                                         "\\'",
                                         "\\\\'",
                                         "%'",
                                         "_'",
                                         "%27",
                                         "'::text",
                                         "'||'",
                                         "$$",
                                         "$tag$",
                                         "$1",
                                         "E'\\'",
                                         "U&'\\0027",
                                         "]",
                                         ")",
                                         "*/",
                                         "\n'",
                                         "\xC2\xBF'",
                                         "\xCA\xBC",     // MODIFIER LETTER APOSTROPHE
                                         "\xEF\xBC\x87", // FULLWIDTH APOSTROPHE
                                         "1",
                                         "-1",
                                         "1)",
                                         "0x27",
                                         "b1c4afd9-e7a6-4888-9010-c2bac3aa7910'",
                                         "2020-01-01T00:00:00'",
                                         "available'",
                                         "OS::Nova::Server'",
                                         "true",
                                         "created_at:desc"};
    const std::vector<std::string> wishes{" OR 1=1",
                                          " OR 'a'='a",
                                          " AND 1=2",
                                          " OR true",
                                          " UNION SELECT NULL",
                                          " UNION ALL SELECT version(), NULL, NULL",
                                          " UNION SELECT token FROM pg_shadow",
                                          "; DROP TABLE catalog.backups",
                                          "; DROP SCHEMA catalog CASCADE",
                                          "; DELETE FROM catalog.backups",
                                          "; UPDATE catalog.backups SET name = 'x'",
                                          "; INSERT INTO catalog.members VALUES (1)",
                                          "; SELECT pg_sleep(5)",
                                          " AND (SELECT 1 FROM pg_sleep(5)) = 1",
                                          " || pg_read_file('/etc/passwd')",
                                          "; COPY catalog.backups TO PROGRAM 'id'",
                                          " AND 1 = CAST((SELECT current_user) AS int)",
                                          ", (SELECT project_id FROM catalog.backups LIMIT 1)",
                                          " AND (SELECT 1/0) = 1",
                                          " ORDER BY 99",
                                          " LIMIT 0 OFFSET 0",
                                          " HAVING count(*) > 0",
                                          "; SET ROLE postgres",
                                          "; RESET ALL",
                                          "; COMMIT; BEGIN",
                                          " AND set_config('catalog.project_id', '', false) IS NULL",
                                          "; ALTER TABLE catalog.backups DISABLE ROW LEVEL SECURITY",
                                          " OR project_id LIKE '%"};
    const std::vector<std::string> ends{"--", "", "-- -", "/*", ";", "#", "'", ";--", ") --", "\t"};
    std::vector<std::string> out;
    std::size_t end = 0;
    for (const std::string& way : exits)
        for (const std::string& wish : wishes)
            out.push_back(way + wish + ends[end++ % ends.size()]);
    // What fits nowhere above: pieces alone, bytes that a converter might turn into a quote, long and nested ones.
    const std::vector<std::string> pieces{"'",
                                          "''",
                                          "'''",
                                          "\"",
                                          "`",
                                          "\\",
                                          "\\\\",
                                          "--",
                                          "/*",
                                          "*/",
                                          "/**/",
                                          ";",
                                          ";;",
                                          "$$",
                                          "$$;$$",
                                          "$1",
                                          "$2",
                                          "${name}",
                                          "$0",
                                          "%s",
                                          "%",
                                          "%%",
                                          "_",
                                          "{0}",
                                          ":name",
                                          "@name",
                                          "?",
                                          "??",
                                          "NULL",
                                          "null",
                                          "DEFAULT",
                                          "current_user",
                                          "E'\\x27'",
                                          "X'27'",
                                          "B'1'",
                                          "U&\"\\0022\"",
                                          "chr(39)",
                                          "''''''",
                                          "'\\''",
                                          "1e309",
                                          "NaN",
                                          "-0",
                                          "0x",
                                          "1;",
                                          "1--",
                                          "1/**/OR/**/1=1",
                                          "SELECT",
                                          "catalog.backups",
                                          "pg_catalog.pg_authid",
                                          "'; DO $$BEGIN PERFORM pg_sleep(5); END$$; --",
                                          "x' AND 'x' = 'x",
                                          "x%' ESCAPE '!",
                                          "x\\",
                                          "[a",
                                          "(",
                                          "a'b\"c`d\\e",
                                          "'\xF0\x9F\x98\x80'"};
    out.insert(out.end(), pieces.begin(), pieces.end());
    for (const char* piece : {"'", "\\", "%", "(", "$", "''--"}) {
        std::string text;
        while (text.size() + 4 < 250)
            text += piece;
        out.push_back(text);
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

} // namespace support
