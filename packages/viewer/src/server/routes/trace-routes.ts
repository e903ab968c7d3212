import { reportJsonChunks } from '@osprofiler/report'
import { pageTemplate } from '../../page/page-template.js'
import { renderPage } from '../../page/render-page.js'
import type { Editor } from '../../protocol/editor-link.js'
import type { WorkLimit } from '../access/work-limit.js'
import { createAttachmentHeaders, HTML_TYPE, Refusal, sendChunks, sendText } from '../answers/respond.js'
import { createGetRoute, type Route } from '../answers/route.js'
import { streamEvents } from '../answers/stream-events.js'
import type { TraceList } from '../list/trace-list.js'
import { createRecordChunks, JSON_ARRAY, JSON_LINES } from '../traces/record-chunks.js'
import { createNotFoundRefusal, type Trace, type Traces } from '../traces/traces.js'
import { renderMissingTracePage } from './pages.js'

/**
 * A page fetches and keeps at most this many records. If a trace is larger, the page contains only its heaviest points.
 */
const MAX_FETCHED_RECORDS = 400_000
const MAX_STREAMS = 16

/** Parts of a viewer that the routes of one trace share with all other routes. */
export interface TraceRouteOptions {
  readonly folder: string
  readonly editor: Editor | undefined
  readonly traces: Traces
  readonly list: TraceList
  readonly workLimit: WorkLimit
}

/** Returns the routes of one trace, each with its path: the page, the page's data, and the downloads. */
export function createTraceRoutes(options: TraceRouteOptions): [string, Route][] {
  const { folder, editor, traces, list, workLimit } = options
  let streams = 0

  return [
    [
      'trace',
      createGetRoute(async ({ response, query }) => {
        const found = await findTrace(traces, query.get('ref'))
        if (found instanceof Refusal) {
          const name = query.get('ref')?.replace(/^(?:id|file):/, '') ?? ''
          return sendText(response, found.status, HTML_TYPE, renderMissingTracePage(found.message, name, folder))
        }
        const { trace, records, unreadable } = found
        const ref = encodeURIComponent(query.get('ref') ?? '')
        const page = pageTemplate({
          trace: `${folder}api/trace?ref=${ref}`,
          events: trace.reference.kind === 'id' ? `${folder}api/events?ref=${ref}&known=${records}` : undefined,
          list: folder,
          title: trace.title,
          leftOut: unreadable,
          editor,
        })
        const headers = {
          'Content-Type': HTML_TYPE,
          'Content-Security-Policy': `${page.contentSecurityPolicy}; frame-ancestors 'none'`,
        }
        if (records <= MAX_FETCHED_RECORDS) return sendText(response, 200, HTML_TYPE, page.html, headers)
        await workLimit.run(async () => await sendChunks(response, headers, await renderWholePage(trace)))
      }),
    ],
    [
      'api/trace',
      createGetRoute(async ({ response, query }) => {
        const batches = traces.find(query.get('ref')).readBatches()
        await sendChunks(response, { 'Content-Type': 'application/json' }, createRecordChunks(batches, JSON_ARRAY))
      }),
    ],
    [
      'api/events',
      createGetRoute(async ({ request, response, query }) => {
        const { reference } = traces.find(query.get('ref'))
        // After status 204, the browser does not reconnect, so the page is not updated.
        if (streams >= MAX_STREAMS || request.method === 'HEAD') return void response.writeHead(204).end()
        streams++
        try {
          const readLength = async () => (await list.newest()).lengths.get(reference.value)
          await streamEvents(response, readLength, Number(query.get('known')))
        } finally {
          streams--
        }
      }),
    ],
    [
      'download',
      createGetRoute(async ({ response, query }) => {
        const trace = traces.find(query.get('ref'))
        const format = query.get('format')
        if (format === 'jsonl') {
          const headers = createAttachmentHeaders('application/x-ndjson', trace.title, format)
          return await sendChunks(response, headers, createRecordChunks(trace.readBatches(), JSON_LINES))
        }
        if (format !== 'json' && format !== 'html') throw new Refusal(400, 'The format must be json, jsonl or html.')
        await workLimit.run(async () => {
          const headers = createAttachmentHeaders(
            format === 'html' ? HTML_TYPE : 'application/json',
            trace.title,
            format,
          )
          const chunks = format === 'html' ? await renderWholePage(trace) : reportJsonChunks(await trace.readReport())
          await sendChunks(response, headers, chunks)
        })
      }),
    ],
  ]
}

interface RecordCounts {
  readonly records: number
  /** How many entries of the trace contain no readable record. They are not part of `records`. */
  readonly unreadable: number
}

interface FoundTrace extends RecordCounts {
  readonly trace: Trace
}

/** Finds a trace. Returns the Refusal if the trace is missing, so that a page can show the reason. */
async function findTrace(traces: Traces, ref: string | null): Promise<FoundTrace | Refusal> {
  try {
    const trace = traces.find(ref)
    const counts = await countRecords(trace)
    return counts.records === 0 ? createNotFoundRefusal() : { trace, ...counts }
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return error
    throw error
  }
}

/** Counts the records of a trace, but stops when the trace is certainly too large to be fetched. */
async function countRecords(trace: Trace): Promise<RecordCounts> {
  let records = 0
  let unreadable = 0
  for await (const batch of trace.readBatches(count => (unreadable += count))) {
    records += batch.length
    if (records > MAX_FETCHED_RECORDS) break
  }
  return { records, unreadable }
}

async function renderWholePage(trace: Trace): Promise<Iterable<string>> {
  return renderPage(await trace.readReport(), { title: trace.title })
}
