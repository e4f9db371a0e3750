#!/usr/bin/env bash
# The clients of npm against the puna command given: run.sh PATH/TO/puna. Where there is no npm, or it reaches no registry,
# it says so and ends well.
set -uo pipefail
puna=$(realpath "${1:?give the path of the puna command}") || exit 1
cd "$(dirname "$0")" || exit 1

skip() {
  echo "!!! SKIPPED: the tests with npm's openai and @anthropic-ai/sdk did not run: $1"
  exit 0
}

command -v node > /dev/null && command -v npm > /dev/null || skip "there is no npm here"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "node $(node --version) is older than 20"
npm ci --no-progress --loglevel=error || skip "npm ci could not install them"
PUNA="$puna" npm test
