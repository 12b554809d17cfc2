# The parts of ./dev test: each runs, prints its line and adds to the sum. Sourced by dev.
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154

parts=(lint unit wire asan tsan fuzz dist)
slow_parts=(valgrind)
passed=0
failed=0

# part_line NAME SECONDS PASSED FAILED: say how a part ended, and add it to the sum.
part_line() {
	printf '%-6s %4d passed, %d failed (%d s)\n' "$1" "$3" "$4" "$2"
	passed=$((passed + $3))
	failed=$((failed + $4))
}

# count_unit BUILD LOG: cases of all unit programs. A case that was announced but did not end counts as
# failed, as does a program that ended badly without naming one; so does each program that make meant to
# run (its total is in LOG) and that left no trace. Prints "passed failed".
count_unit() {
	{
		find "$1/tests" "$1/plugins" -name '*.trs' | while read -r trs; do
			awk -v status="$(sed -n 's/^:test-result: *//p' "$trs")" '
				/\[==========\] Running [0-9]+ test/ { match($0, /Running [0-9]+/)
					announced += substr($0, RSTART + 8, RLENGTH - 8) }
				/\[  PASSED  \] [0-9]+ test/ { match($0, /PASSED  \] [0-9]+/)
					passed += substr($0, RSTART + 10, RLENGTH - 10) }
				END {
					if (!announced) announced = 1
					if (!passed && status == "PASS" && announced == 1) passed = 1
					failed = announced - passed
					if (status != "PASS" && failed <= 0) failed = 1
					print passed + 0, (failed < 0 ? -failed : failed)
				}' "${trs%.trs}.log"
		done
		awk -v ran="$(find "$1/tests" "$1/plugins" -name '*.trs' | wc -l)" '
			/^# TOTAL: / { meant = $3 }
			END { print 0, (meant == "" ? 1 : meant > ran ? meant - ran : 0) }' "$2"
	} | awk '{ passed += $1; failed += $2 } END { print passed + 0, failed + 0 }'
}

# count_pytest XML: what a run of pytest wrote down. A skipped test is a failed one.
count_pytest() {
	[ -f "$1" ] || { echo "0 1"; return; }
	python3 - "$1" <<-'END'
	import sys
	import xml.etree.ElementTree as xml
	suite = xml.parse(sys.argv[1]).getroot()
	suite = suite if suite.tag == "testsuite" else suite.find("testsuite")
	failed = sum(int(suite.get(name, 0)) for name in ("failures", "errors", "skipped"))
	print(int(suite.get("tests")) - failed, failed)
	END
}

# unit_in KIND LABEL [MAKE ARGUMENT…]: build one kind, run its unit tests, count.
unit_in() {
	local kind=$1 label=$2 start=$SECONDS good bad
	shift 2
	if ! quiet "build-$kind" build "$kind" all; then
		part_line "$label" $((SECONDS - start)) 0 1
		return 1
	fi
	find "build/$kind/tests" "build/$kind/plugins" -name '*.trs' -delete 2>/dev/null || true
	quiet "check-$kind" build "$kind" check "$@" || true
	read -r good bad < <(count_unit "build/$kind" "$logs/check-$kind.log")
	part_line "$label" $((SECONDS - start)) "$good" "$bad"
}

# wire_in KIND LABEL [PYTEST ARGUMENT…]: the wire tests against one build.
wire_in() {
	local kind=$1 label=$2 start=$SECONDS good bad xml=$logs/wire-$1.xml status=0
	shift 2
	rm -f "$xml"
	quiet "wire-$kind" "${still[@]}" env CONFAB_BUILD="$top/build/$kind" timeout 900 pytest -q -n "$jobs" \
		--junitxml="$xml" -p no:cacheprovider "$@" tests/wire tests/plugins || status=$?
	read -r good bad < <(count_pytest "$xml")
	[ "$status" = 0 ] || [ "$bad" -gt 0 ] || bad=1
	part_line "$label" $((SECONDS - start)) "$good" "$bad"
}

part_lint() {
	local start=$SECONDS log=$logs/lint.log
	python3 tests/lint/lint.py >"$log" 2>&1 || grep -v '^ok  ' "$log" || true
	local good bad
	good=$(sed -n 's/^lint: \([0-9]*\) passed, [0-9]* failed$/\1/p' "$log")
	bad=$(sed -n 's/^lint: [0-9]* passed, \([0-9]*\) failed$/\1/p' "$log")
	part_line lint $((SECONDS - start)) "${good:-0}" "${bad:-1}"
}

part_unit() { unit_in gcc unit || true; }

# What wire tests need beside the programs.
wire_targets=(all test-modules)

part_wire() {
	quiet build-gcc build gcc "${wire_targets[@]}" || { part_line wire 0 0 1; return; }
	wire_in gcc wire
}

part_asan() {
	export ASAN_OPTIONS=abort_on_error=1:detect_stack_use_after_return=1
	export UBSAN_OPTIONS=print_stacktrace=1
	local -x CONFAB_DEADLINE=60
	unit_in asan asan || return 0
	wire_in asan asan-w
}

# clang 14's ThreadSanitizer cannot live with 32 random bits in addresses.
part_tsan() {
	export TSAN_OPTIONS=halt_on_error=0:exitcode=66:second_deadlock_stack=1
	local -x CONFAB_DEADLINE=60
	if setarch -R true 2>/dev/null; then
		still=(setarch -R)
	fi
	unit_in tsan tsan || { still=(); return 0; }
	wire_in tsan tsan-w -m 'not native' -o timeout=300
	still=()
}

# All unit programs but two kinds: the simulation would take hours, and a spawner under valgrind cannot become
# another program.
part_valgrind() {
	local tests
	tests=$(sed -n 's/^check_PROGRAMS += \([a-z].*\)/\1/p' tests/*/Makefile.inc |
		grep -v '^tests/sim/\|loop_helper_test$' | tr '\n' ' ')
	unit_in gcc valgrind TESTS="$tests" LOG_COMPILER="./libtool --mode=execute valgrind -q \
		--error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --suppressions=$top/tests/valgrind.supp \
		--child-silent-after-fork=yes" || true
}

part_fuzz() {
	local start=$SECONDS good=0 bad=0 name
	for name in $(fuzz_names); do
		if quiet "fuzz-$name" fuzz "$name" "${FUZZ_SECONDS:-5}"; then
			good=$((good + 1))
		else
			bad=$((bad + 1))
		fi
	done
	part_line fuzz $((SECONDS - start)) "$good" "$bad"
}

part_dist() {
	local start=$SECONDS
	quiet build-gcc build gcc all || { part_line dist 0 0 1; return; }
	if quiet distcheck build gcc distcheck; then
		part_line dist $((SECONDS - start)) 1 0
	else
		part_line dist $((SECONDS - start)) 0 1
	fi
}

# test_parts [PART…]: run them, then the closing line.
test_parts() {
	local part
	mkdir -p "$logs"
	[ $# -gt 0 ] || set -- "${parts[@]}"
	for part in "$@"; do
		[[ " ${parts[*]} ${slow_parts[*]} " == *" $part "* ]] ||
			die "no part '$part'; there are: ${parts[*]}, and on request ${slow_parts[*]}"
	done
	for part in "$@"; do
		"part_$part"
	done
	say "$passed passed, $failed failed"
	[ "$failed" = 0 ]
}
