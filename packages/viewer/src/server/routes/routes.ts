import type { Driver } from '@osprofiler/core'
import type { Editor } from '../../protocol/editor-link.js'
import { LIST_LENGTHS } from '../../protocol/listed-trace.js'
import { createWorkLimit } from '../access/work-limit.js'
import { receiveText } from '../answers/receive-text.js'
import { HTML_TYPE, sendJson, sendText } from '../answers/respond.js'
import { createGetRoute, type Route } from '../answers/route.js'
import { createDescriptions } from '../list/trace-descriptions.js'
import { createTraceList } from '../list/trace-list.js'
import { compareTraces } from '../traces/compare-traces.js'
import { createTraceFiles } from '../traces/trace-files.js'
import { createTraces } from '../traces/traces.js'
import { readAssets, renderComparePage, renderListPage } from './pages.js'
import { createTraceRoutes } from './trace-routes.js'

/** The options of a viewer that its routes need. */
export interface RouteOptions {
  readonly driver: Driver
  readonly storeName: string
  /** The path below which everything is served. */
  readonly folder: string
  /** Maximum size of one opened file, in bytes. */
  readonly largestFile: number
  readonly editor: Editor | undefined
  /** Aborts background work. */
  readonly ended: AbortSignal
}

/** Maximum total size of all opened files, in characters. */
const MAX_FILES_CHARS = 128 * 1024 * 1024

/** Returns the route of every path, relative to the viewer's folder. */
export function createRoutes(options: RouteOptions): ReadonlyMap<string, Route> {
  const { driver, storeName, folder, largestFile, editor, ended } = options
  const files = createTraceFiles(MAX_FILES_CHARS)
  const list = createTraceList({ driver, files, descriptions: createDescriptions(driver, ended) })
  const traces = createTraces(driver, files)
  const workLimit = createWorkLimit(2, 8)

  return new Map<string, Route>([
    ['', createGetRoute(({ response }) => sendText(response, 200, HTML_TYPE, renderListPage(storeName)))],
    ['compare', createGetRoute(({ response }) => sendText(response, 200, HTML_TYPE, renderComparePage(storeName)))],
    ...readAssets().map(({ path, type, text }): [string, Route] => [
      path,
      createGetRoute(({ response }) => sendText(response, 200, type, text)),
    ]),
    [
      'api/traces',
      createGetRoute(async ({ request, response, query }) => {
        const length = Number(query.get('length') ?? LIST_LENGTHS[0])
        const { etag, text } = await list.read(length, query.get('failed') === '1')
        if (request.headers['if-none-match'] === etag) response.writeHead(304, { ETag: etag }).end()
        else sendText(response, 200, 'application/json', text, { ETag: etag })
      }),
    ],
    [
      'api/count',
      createGetRoute(async ({ response, query }) => sendJson(response, await list.count(query.get('failed') === '1'))),
    ],
    [
      'api/diff',
      createGetRoute(async ({ response, query }) => {
        const [before, after] = [traces.find(query.get('a')), traces.find(query.get('b'))]
        await workLimit.run(async () => sendJson(response, await compareTraces(before, after)))
      }),
    ],
    [
      'api/files',
      {
        method: 'POST',
        async handle({ request, response, query }) {
          await workLimit.run(async () => {
            const number = await files.add(query.get('name') ?? '', receiveText(request, largestFile))
            sendJson(response, { ref: `file:${number}` })
          })
        },
      },
    ],
    ...createTraceRoutes({ folder, editor, traces, list, workLimit }),
  ])
}
