# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# json.sh - the records of a run as one JSON object

write_json()
{
    awk -F'\t' -v version="$maestro_version" -v kernel="$(uname -sr)" -v cpus="$(nproc)" -v model="$cpu_model" -v provider="$provider" \
        -v rounds="$rounds" -v shards="$shards" -v seconds="$seconds" -v date="$(date -u +%Y-%m-%dT%H:%M:%SZ)" -v load="$load_before" -v quick="$quick" '
        function text(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); gsub(/[\001-\037]/, " ", s); return "\"" s "\"" }
        function number(x) { return x ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ ? x + 0 : "null" }
        function measured(list, times,   v, n, i, j, t, out) {
            n = split(list, v, " ")
            for (i = 1; i <= n; i++) v[i] *= times
            out = "\"values\":["
            for (i = 1; i <= n; i++) out = out (i > 1 ? "," : "") v[i]
            for (i = 2; i <= n; i++) { t = v[i]; for (j = i - 1; j > 0 && v[j] > t; j--) v[j + 1] = v[j]; v[j + 1] = t }
            mid = (v[int((n + 1) / 2)] + v[int(n / 2) + 1]) / 2
            return out "],\"median\":" mid ",\"lowest\":" v[1] ",\"highest\":" v[n]
        }
        function close_figure() { if (open) printf "]}"; open = 0 }
        BEGIN {
            CONVFMT = OFMT = "%.9g"
            printf "{\"version\":1,\"maestro\":%s,\"date\":%s,\"quick\":%s,\n", text(version), text(date), quick ? "true" : "false"
            printf "\"machine\":{\"kernel\":%s,\"cpus\":%d,\"model\":%s,\"load_before\":%s},\n", text(kernel), cpus, text(model), text(load)
            printf "\"provider\":%s,\"shards\":%d,\"rounds\":%d,\"seconds\":%s,\n\"figures\":[", text(provider), shards, rounds, number(seconds)
        }
        $1 == "left_out" { left = left (left ? "," : "") "\n{\"benchmark\":" text($2) ",\"what\":" text($3) "}" }
        $1 == "figure" {
            close_figure()
            printf "%s\n{\"benchmark\":%s,\"what\":%s,\"unit\":%s,%s", count++ ? "," : "", text($2), text($3), text($4), measured($5, 1)
            ours = mid
            printf ",\"cpu\":%s,\"manager_cpu\":%s,\"against\":[", number($6), number($7)
            open = 1; peers = 0
        }
        $1 == "against" { m = measured($3, $4); printf "%s{\"what\":%s,%s,\"ratio\":%s}", peers++ ? "," : "", text($2), m, mid ? ours / mid : "null" }
        END { close_figure(); printf "],\n\"left_out\":[%s]}\n", left }' "$records" >"$json"
}
