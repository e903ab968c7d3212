// A reporter that works with every version of Mocha. It appends a line for each test to the file that
// OSPROFILER_SUITES_RESULTS names.

const { appendFileSync } = require('node:fs')

module.exports = function report(runner) {
  const tell = (test, state, error) =>
    appendFileSync(
      process.env.OSPROFILER_SUITES_RESULTS,
      `${JSON.stringify({ name: test.fullTitle(), state, error: error && String(error.stack ?? error.message) })}\n`,
    )
  runner.on('pass', test => tell(test, 'passed'))
  runner.on('fail', (test, error) => tell(test, 'failed', error))
  runner.on('pending', test => tell(test, 'skipped'))
}
