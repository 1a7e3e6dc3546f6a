#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The wrapper of every test: a stalling test is ended with backtraces, and nothing else is touched.
. "${srcdir:=.}/tests/lib/tap.sh"
wrapper=$srcdir/tests/lib/with-deadline.sh
unset MAESTRO_TEST_SLOWNESS

script() {
    cat >"$work/$1"
    chmod +x "$work/$1"
}

script passes <<'END'
#!/bin/sh
echo "ok 1 - passed"
echo "1..1"
END
script fails <<'END'
#!/bin/sh
exit 3
END
# Stalls with a child in another session, so that killing a session or a group is not enough.
script stalls <<END
#!/bin/sh
echo "ok 1 - so far"
setsid sleep 1003 &
echo \$! >"$work/child"
echo \$\$ >"$work/parent"
sleep 1002
END
script leaves_behind <<END
#!/bin/sh
setsid sleep 1004 &
echo \$! >"$work/orphan"
echo "ok 1 - looks fine"
echo "1..1"
END
script asks_for_one_second <<'END'
#!/bin/sh
# deadline: 1
sleep 1005
END

# A process that has nothing to do with the stalling test, and must live on.
sleep 1001 &
bystander=$!
trap 'kill $bystander 2>/dev/null; rm -rf "$work"' EXIT

with_deadline() {
    seconds=$1
    shift
    MAESTRO_TEST_DEADLINE=$seconds sh "$wrapper" "$@" >"$work/said" 2>&1
}
without_gdb() { GDB=no-such-debugger with_deadline 1 "$@"; }
status_of() { with_deadline "$@"; echo $?; }
# A zombie that nobody has collected yet is gone.
gone() {
    case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$(cat "$work/$1")/status" 2>/dev/null) in
        '' | Z | X) ;;
        *) return 1 ;;
    esac
}

check "a test that passes, passes" test "$(status_of 60 "$work/passes")" = 0
check "its output is passed on" grep -qx 'ok 1 - passed' "$work/said"
check "the status of a test that fails is passed on" test "$(status_of 60 "$work/fails")" = 3

began=$(date +%s)
refuses "a test that stalls fails" with_deadline 1 "$work/stalls"
check "it is ended soon after its deadline" test $(($(date +%s) - began)) -lt 60
check "the TAP output is bailed out of" grep -q '^Bail out! .* stalled for 1 s$' "$work/said"
check "every process of it is described" test "$(grep -c '^# backtraces of process .*sleep 100[23]' "$work/said")" = 2
check "it is gone" gone parent
check "so is its child in another session" gone child
check "a process of somebody else lives on" kill -0 "$bystander"
if command -v gdb >/dev/null && gdb -nx -batch -p "$bystander" 2>/dev/null | grep -q 'Detaching\|detached'; then
    check "gdb's backtraces are there" grep -qE '^#   #[0-9]+ ' "$work/said"
else
    skip "gdb's backtraces are there" "gdb is not here or may not attach"
fi

refuses "a test that stalls fails also without gdb" without_gdb "$work/stalls"
check "then the states of its threads are written" grep -qE '^#   thread [0-9]+ \(sleep\): S' "$work/said"

refuses "a test that leaves a process behind fails" with_deadline 60 "$work/leaves_behind"
check "the process is named" grep -q '^not ok - left process .*sleep 1004' "$work/said"
check "and gone" gone orphan

# Tests that end at once, many at a time: what waits for their deadline has hardly begun.  A number that is nobody else's.
deadline=$((100000 + $$))
in_a_crowd() {
    crowd=
    for n in $(seq 120); do
        MAESTRO_TEST_DEADLINE=$deadline sh "$wrapper" "$work/passes" >/dev/null 2>&1 &
        crowd="$crowd $!"
        # shellcheck disable=SC2086 # a list of numbers
        [ $((n % 8)) != 0 ] || { wait $crowd; crowd=; }
    done
}
in_a_crowd
waiting() { grep -lzx "[1]${deadline#1}" /proc/[0-9]*/cmdline 2>/dev/null | grep .; }
refuses "nothing goes on waiting for the deadline of a test that has ended" waiting

refuses "a script may ask for a deadline of its own" with_deadline 600 "$work/asks_for_one_second"
check "and gets that one" grep -q 'stalled for 1 s$' "$work/said"
finish
