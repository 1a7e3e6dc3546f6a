#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The forecast demo as a user runs it: a pool manager, four processes, a verifier; and what happens when one of them fails.
. "${srcdir:=.}/tests/lib/tap.sh"
build=$PWD
stages=$build/examples/forecast
demo=$srcdir/examples/forecast
sample=$work/sample.grib
TMPDIR=$work/tmp
BUILDDIR=$build
MAESTRO_POOL_MANAGER=$build/pool-manager/maestro-pool-manager
export TMPDIR BUILDDIR MAESTRO_POOL_MANAGER
unset MSTRO_POOL_MANAGER_INFO MSTRO_WORKFLOW_NAME MSTRO_COMPONENT_NAME MSTRO_RUNTIME_DIR XDG_RUNTIME_DIR
mkdir "$TMPDIR" && "$build/tests/proc/forecast_write" "$sample" || exit 99

# demo ARGUMENT...   examples/forecast/run; what it says is in $work/said
demo() {
    timeout 100 sh "$demo/run" --output="$work/made" "$@" >"$work/said" 2>&1 </dev/null
    code=$?
    cat "$work/said"
    return $code
}
says() { grep -qE -e "$1" "$work/said"; }
shared_memory() { find /dev/shm -user "$(id -u)" -name '*maestro*' 2>/dev/null | sort; }
shared_memory >"$work/shm.before"

check "the workflow runs and verifies itself" demo "$sample"
check "the summary counts messages and fields" says '^messages +16$'
check "it counts every object that was offered" says '^offered +34 objects'
check "it has latencies" says '^latency +p50 [0-9]+ us, p99 [0-9]+ us'
check "it names transport and provider" says '^transports +[a-z]+: [0-9]+ objects.*provider [a-z]'
check "it says that the result was verified" says '^verified +yes$'
check "the archive is the input" cmp "$work/made/archive.grib" "$sample"
check "the verifier has looked at the table" says 'table: 13 of 13 lines equal a second computation'
check "at the lines that the jobs have made, each of a whole level set" says 'levels: 2 of 2 lines equal a second computation'
check "which the coordinator has started" says '^jobs +2,'
check "who came when all was over has a line for every object" test "$(wc -l <"$work/made/inventory-0.txt")" = 35
check "with its metadata" grep -qx 'field/v/isobaricInhPa=500/2011-01-10T12+120h 5472 pl 500 132 120' "$work/made/inventory-0.txt"
check "and at the wind and the coast of the map" says 'map: the wind is right at ([0-9]+) of \1 places'
check "the table has a line for each product" test "$(wc -l <"$work/made/products.csv")" = 14
check "nothing is left in the folder for temporary files" test -z "$(ls -A "$TMPDIR")"
shared_memory >"$work/shm.after"
check "nothing is left in shared memory" cmp "$work/shm.before" "$work/shm.after"
check "the output folder holds what was promised and no more" test "$(ls "$work/made" | tr '\n' ' ')" = \
    "archive.grib input.txt inventory-0.txt levels.csv products.csv products.grib statistics summary.txt wind-250hPa.pgw wind-250hPa.png "

wrong() { ! demo "$1" "$sample" && says "$2" && [ $code = 2 ] && ! says '^messages'; }
check "a pace that is no number is named before anything starts" wrong --pace=abc '^run: --pace=abc: expected'
check "so is a number of instances that is none" wrong --instances=0 '^run: --instances=0: expected'
if command -v flock >/dev/null; then
    at_once() { ! flock "$work/made" timeout 100 sh "$demo/run" --output="$work/made" "$sample" >"$work/said" 2>&1 && says "another run is writing into $work/made"; }
    check "a second run into a folder that is being written is refused" at_once
    check "and leaves there what there is" cmp "$work/made/archive.grib" "$sample"
else
    skip "a second run into a folder that is being written is refused" "there is no flock"
fi

paced() { demo --pace=20 --instances=3 "$sample" "$sample" && cat "$sample" "$sample" | cmp - "$work/made/archive.grib"; }
check "two files, paced, three instances" paced
check "fields of the same name got a number, and all are there" says '^fields +36$'

over_the_fabric() { MSTRO_TRANSPORT_DEFAULT=RDMA demo "$sample" && says '^transports.* rdma:|^ +rdma:'; }
check "the same over one-sided reads" over_the_fabric

"$build/tests/proc/forecast_write" "$work/wind.grib" 3
check "a file with wind alone runs too" demo "$work/wind.grib"
check "and it is said what could not be made of it" says '^not made +no thickness'
check "so is the level set that it has no fields for, and nobody has waited for it" says '^not made +no layer temperature'
check "the level set that it has got its job" says '^jobs +1,'
check "so it does with more instances than products: those without work end, and keep nobody waiting" \
    demo --instances=6 "$work/wind.grib"

# The sample's last message, and some bytes before it: sea ice, of which nothing is made.
tail -c 1700 "$sample" >"$work/ice.grib"
nothing_to_make() { demo "$work/ice.grib" && says '^messages +1$' && says '^products +0$' && says '^jobs +0,'; }
check "a file of which nothing can be made is archived, and that is all" nothing_to_make

head -c 3000 "$sample" >"$work/short.grib"
refuses "a truncated file fails the run" demo "$work/short.grib"
check "and is named" says "forecast: $work/short.grib: truncated"

# A folder of the same programs but one.
mkdir "$work/programs"
for stage in forecast products archive coordinator inventory levels verify; do ln -s "$stages/$stage" "$work/programs/$stage"; done
instead() {
    rm "$work/programs/$1"
    cat >"$work/programs/$1"
    chmod +x "$work/programs/$1"
}
workflow() {
    rm -rf "$work/other"
    timeout 100 "$build/apps/maestro" run -q "$demo/forecast.yaml" "input=$sample" "output=$work/other" \
        "programs=$work/programs" "$@" >"$work/said" 2>&1 </dev/null
    code=$?
    cat "$work/said"
    return $code
}

instead archive <<END
#!/bin/sh
"$stages/archive" "\$@" && printf x | dd of="$work/other/archive.grib" bs=1 seek=500 conv=notrunc status=none
END
refuses "an archive with one byte changed fails the run" workflow
check "and it is said where" says 'archive: byte 500 is not that of the input'
check "as the verifier's verdict" says 'verified: no'

instead archive <<END
#!/bin/sh
exec "$stages/archive" "\$@"
END
instead products <<END
#!/bin/sh
[ "\$MSTRO_COMPONENT_INDEX" != 1 ] || exit 9
exec "$stages/products" "\$@"
END
refuses "a stage that fails ends the run" workflow
check "and is named with its exit code" says 'products.1 ended with exit code 9'

instead products <<END
#!/bin/sh
exec "$stages/products" "\$@"
END
instead levels <<END
#!/bin/sh
case "\$*" in */geopotential/*) exit 9 ;; esac
exec "$stages/levels" "\$@"
END
refuses "a job that fails fails the run" workflow
check "the coordinator says which, and its exit code" says 'coordinator: the job of levels/2/geopotential/.* has ended with exit code 9'

# start FOLDER: the three stages as processes $archive, $products and $forecast; comes back when the first messages are archived.
# Each speaks into a file of its own, or what they say at the same time would stand in one another's lines.
# ended STAGE PROCESS: wait for it, show what it said and how it ended
cat >"$work/start.sh" <<END
MSTRO_COMPONENT_INDEX=0 MSTRO_COMPONENT_INSTANCES=1
export MSTRO_COMPONENT_INDEX MSTRO_COMPONENT_INSTANCES
start() {
    "$stages/archive" --output="\$1" >"$work/archive.said" 2>&1 & archive=\$!
    "$stages/products" --output="\$1" >"$work/products.said" 2>&1 & products=\$!
    "$stages/forecast" --pace=100 --expect=archive --expect=products "$sample" >"$work/forecast.said" 2>&1 & forecast=\$!
    while [ ! -s "\$1/archive.grib" ] && kill -0 \$archive; do sleep 0.05; done
}
ended() {
    code=0
    wait "\$2" || code=\$?
    cat "$work/\$1.said"
    echo "\$1: \$code"
}
END

# A forecast that is killed on the way: its consumers must notice and say so.
cat >"$work/orphans.sh" <<END
. "$work/start.sh"
start "$work/orphans"
kill -KILL \$forecast
ended archive \$archive
ended products \$products
wait \$forecast
END
orphans() { timeout 60 "$build/apps/maestro" run -q -w orphans -- sh "$work/orphans.sh" >"$work/said" 2>&1; cat "$work/said"; }
check "a forecast can be killed" orphans
check "its archive says so and fails" says '^archive: 1$'
check "its products say so and fail" says '^products: 1$'

# A pool manager that is killed while everybody waits or works: all must end, and say why.
cat >"$work/lost.sh" <<END
. "$work/start.sh"
MSTRO_RUNTIME_DIR="$work/lost" MSTRO_WORKFLOW_NAME=lost
export MSTRO_RUNTIME_DIR MSTRO_WORKFLOW_NAME
mkdir -m 700 "$work/lost"
mkfifo "$work/lost/line"
"$MAESTRO_POOL_MANAGER" >"$work/lost/line" & manager=\$!
read -r line <"$work/lost/line"
MSTRO_POOL_MANAGER_INFO=\$(echo "\$line" | cut -d';' -f2)
export MSTRO_POOL_MANAGER_INFO
start "$work/lost"
kill -KILL \$manager
ended archive \$archive
ended products \$products
ended forecast \$forecast
END
lost() { timeout 60 sh "$work/lost.sh" >"$work/said" 2>&1; result=$?; cat "$work/said"; return $result; }
check "a pool manager can be killed" lost
for stage in forecast archive products; do
    check "$stage ends then, with the code for a pool that is gone" says "^$stage: 3$"
    check "$stage says so" says "^$stage: .*the pool manager is gone"
done
finish
