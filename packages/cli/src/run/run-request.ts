import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { OsprofilerError } from '@osprofiler/core'
import { buildReport, formatCount, formatDuration } from '@osprofiler/report'
import { type KeyOptions, readSigningKey } from '../keys/read-keys.js'
import { printRemarks } from '../output/print-remarks.js'
import { showProgress } from '../output/progress.js'
import { type Connection, openConnection } from '../request/connection.js'
import { computeGraceDeadline } from '../request/explain-untraced.js'
import { type CurlOptions, type ParsedRequest, parseRequest } from '../request/parse-request.js'
import { readTrust } from '../request/read-trust.js'
import { findUrl } from '../request/request-url.js'
import { countTracedRequests, type SentRequest, sendRequest } from '../request/send-request.js'
import { chooseOutputs, createUsageError, type ReportOptions } from '../show/output-format.js'
import { showReport } from '../show/show-report.js'
import { type Store, type StoreOptions, withStore } from '../store/open-store.js'
import { readReports } from '../store/read-reports.js'
import { waitForTrace } from '../store/wait-for-trace.js'
import { checkStore } from './check-store.js'
import { type BaselineOptions, compareRuns } from './compare-runs.js'
import { describeConnecting, describeOwnWait } from './describe-own-wait.js'
import { explainMissingTrace } from './explain-missing-trace.js'
import { explainSilentCallees } from './explain-silent-callees.js'
import { canOnlyPrintIds, printTraceIds } from './print-trace-ids.js'

/** Options of `osprofiler run`, including curl's options. */
export interface RunOptions extends CurlOptions, ReportOptions, StoreOptions, KeyOptions, BaselineOptions {
  readonly times: number
  /** The wishes for accounts, such as `why=cpu`. */
  readonly why?: readonly string[]
}

/**
 * Limits requests to half of the rate that a service allows by default, so that the service refuses no request because
 * of its rate limit.
 */
const MIN_REQUEST_INTERVAL_MS = 20
/** Values of -o with which people discard the output. */
const DISCARDING_OUTPUTS: readonly string[] = ['/dev/null', 'NUL', '-']

/**
 * Signs a request, sends it, waits for its trace, and shows the trace. If there are several traces, shows the slowest
 * trace, or compares all of them with the traces in `--baseline`. `words` contains the URL, and may begin with `curl`.
 * Returns the exit code: 0, 1 if a trace or an answer is incomplete, or the exit code of `showDiff`. Throws an
 * OsprofilerError if nothing could be sent.
 */
export async function runRequest(words: readonly string[], options: RunOptions): Promise<number> {
  await checkOptions(options)
  if (options.output !== undefined && !DISCARDING_OUTPUTS.includes(options.output))
    printRemarks(
      'Nothing is written to the file of -o, because run shows the trace, not the answer. --out FILE writes the trace.',
    )
  const request = parseRequest(findUrl(words, options), options)
  const trust = readTrust(options)
  const key = readSigningKey(options)
  // The baseline is read first, so that no request is sent if the file is missing.
  const baselineReports = options.baseline === undefined ? undefined : await readReports(options.baseline, options)
  return await withStore(options, async store => {
    const isWriteOnly = canOnlyPrintIds(store, options)
    if (!isWriteOnly) await checkStore(store)
    const connection = openConnection(request.url, trust)
    const sent = await sendAll(request, key, connection, options).finally(() => connection.close())
    if (isWriteOnly) return printTraceIds(sent, store)
    const code =
      baselineReports === undefined && options.saveBaseline === undefined
        ? 0
        : await compareRuns(sent, store, baselineReports, options)
    // If there is a baseline, the comparison is shown instead of a single trace.
    if (baselineReports !== undefined || code !== 0) return code
    const shown = await awaitAndShowTrace(findSlowest(sent, options), store, options)
    return sent.every(({ failure }) => failure === undefined) ? shown : 1
  })
}

async function checkOptions(options: RunOptions): Promise<void> {
  const { baseline, failOn, html, dot, export: target, renderDot } = options
  const { hmacKeyFile, header = [], body = [] } = options
  const inputs = [...header, ...body.filter(({ kind }) => kind !== 'data-raw').map(({ text }) => text)]
  if (inputs.filter(text => text === '@-').length + (hmacKeyFile === '-' ? 1 : 0) > 1)
    throw await createUsageError(
      'Standard input can be read only once: for the key, a header or a part of the body. Use a file for the others.',
    )
  if (baseline === undefined) {
    if (failOn !== undefined)
      throw await createUsageError('--fail-on needs a --baseline FILE, which --save-baseline writes.')
    await chooseOutputs(options, process.stdout.isTTY)
  } else if (html || dot || target !== undefined || renderDot !== undefined) {
    throw await createUsageError('A comparison with --baseline is written as text or with --json.')
  }
}

async function sendAll(
  request: ParsedRequest,
  key: string,
  connection: Connection,
  options: RunOptions,
): Promise<SentRequest[]> {
  const { times, timeout, maxTime = timeout, why } = options
  const all: SentRequest[] = []
  for (let round = 1; round <= times; round++) {
    showProgress(times > 1 ? `Sending request ${round} of ${times}` : 'Waiting for the answer')
    const sent = await sendRequest(request, key, connection, Math.min(timeout, maxTime) * 1_000, why)
    if (!sent.mayHaveArrived) {
      throw new OsprofilerError('ERR_CONFIGURATION', `Cannot send a request to ${request.url.origin}: ${sent.failure}.`)
    }
    const number = times > 1 ? `${String(round).padStart(String(times).length)}  ` : ''
    printRemarks(
      `${number}${describeOutcome(request, sent)}`,
      ...describeConnecting(sent),
      ...describeRedirect(request, sent),
    )
    all.push(sent)
    if (round < times) await delay(Math.max(0, MIN_REQUEST_INTERVAL_MS - sent.durationMs))
  }
  return all
}

function findSlowest(all: readonly SentRequest[], { times }: RunOptions): SentRequest {
  const slowest = all.reduce((slow, sent) => (sent.durationMs > slow.durationMs ? sent : slow))
  if (times > 1) printRemarks(`The slowest took ${formatDuration(1_000 * slowest.durationMs)}: trace ${slowest.baseId}`)
  return slowest
}

async function awaitAndShowTrace(sent: SentRequest, store: Store, options: RunOptions): Promise<number> {
  const { timeout, idleTimeout = 1 } = options
  const deadline = performance.now() - sent.durationMs + timeout * 1_000
  const { records, missing, isLost } = await waitForTrace(store.driver, sent.baseId, {
    idleMs: idleTimeout * 1_000,
    requests: countTracedRequests(sent),
    deadline,
    // If a service reports that it did not trace the request, there is nothing to wait for.
    emptyDeadline: sent.verdict?.refusal === undefined ? computeGraceDeadline(sent.untracedReason) : performance.now(),
    onRead: count => showProgress(`Waiting for the trace, ${formatCount(count)} records so far`),
    onLongWait: () => printRemarks(describeLongWait(sent, timeout)),
  })
  if (records.length === 0) {
    printRemarks(...explainMissingTrace(sent, store.shownAs, timeout).trimEnd().split('\n'))
    return 1
  }
  printRemarks('')
  const report = buildReport(records)
  await showReport(report, options)
  printRemarks(...describeOwnWait(sent, report), ...explainSilentCallees(report, store.shownAs))
  if (missing !== undefined) printRemarks(`The trace is incomplete${isLost ? '' : ` after ${timeout} s`}: ${missing}.`)
  return missing === undefined ? 0 : 1
}

function describeLongWait({ verdict }: SentRequest, seconds: number): string {
  const known = verdict === undefined ? '' : 'The service traced the request. '
  return `${known}No record of the trace has arrived yet. Waiting for up to ${seconds} s.`
}

function describeOutcome({ method, url }: ParsedRequest, sent: SentRequest): string {
  const { status, failure, durationMs } = sent
  const outcome = [status, failure].filter(part => part !== undefined).join(', ')
  // The query is omitted, because it may contain a secret.
  return `${method} ${url.origin}${url.pathname}  ${outcome}  ${formatDuration(1_000 * durationMs)}`
}

function describeRedirect({ url }: ParsedRequest, { unfollowedRedirect }: SentRequest): string[] {
  if (unfollowedRedirect === undefined) return []
  if (unfollowedRedirect.origin === url.origin) return ['The redirects form a loop.']
  return [
    `The redirect to ${unfollowedRedirect.origin} is not followed, because other hosts must not get the signed headers. To trace that host, give its URL.`,
  ]
}
