import type { OsprofilerError } from '@osprofiler/core'
import { failure } from '../output/failure.js'
import { type ImageFormat, imageFormat } from './draw-image.js'

/** What `--export` makes a timeline for. */
export type ExportTarget = 'perfetto' | 'speedscope' | 'otlp'

/** How a trace is written, and where, and what of it the tree shows. */
export interface ReportOptions {
  readonly json?: boolean
  readonly html?: boolean
  readonly dot?: boolean
  readonly export?: ExportTarget
  readonly renderDot?: string
  readonly out?: string
  readonly rawTimes?: boolean
  readonly depth?: number
  readonly minMs?: number
  readonly filter?: string
  readonly service?: string
}

/** How a trace is written: `tree` where nothing else is said. */
export type OutputFormat = 'tree' | 'json' | 'html' | 'dot' | ExportTarget | ImageFormat

/** What a terminal would only be flooded with. */
const FOR_PROGRAMS: ReadonlySet<OutputFormat> = new Set(['html', 'perfetto', 'speedscope', 'otlp'])

/** A format and where it goes. */
export interface Output {
  readonly format: OutputFormat
  /** `undefined` for standard output. */
  readonly file: string | undefined
}

/**
 * Reads from the options how and where a trace is to be written, before any work is done for it. As with Python's
 * command, `--render-dot` draws its picture beside what another format writes.
 *
 * @throws OsprofilerError `ERR_CONFIGURATION` where they contradict one another
 */
export async function chooseOutputs(options: ReportOptions, toTerminal: boolean): Promise<Output[]> {
  const { json, html, dot, export: target, renderDot, out } = options
  const given = [
    ...(json ? ['--json'] : []),
    ...(html ? ['--html'] : []),
    ...(dot ? ['--dot'] : []),
    ...(target === undefined ? [] : [`--export ${target}`]),
  ]
  const [first] = given
  if (given.length > 1) throw await wrongUsage(`Give one format: ${given.join(' and ')} cannot go together.`)
  if (first !== undefined || renderDot !== undefined) await refuseSelection(first ?? '--render-dot', options)

  const picture = renderDot === undefined ? [] : [{ format: await imageFormat(renderDot), file: renderDot }]
  if (first === undefined && renderDot !== undefined) {
    if (out === undefined) return picture
    throw await wrongUsage(
      '--render-dot already names the file of the picture: leave out --out, or say what goes there.',
    )
  }
  const format = json ? 'json' : html ? 'html' : dot ? 'dot' : (target ?? 'tree')
  if (out === undefined && toTerminal && FOR_PROGRAMS.has(format)) {
    throw await wrongUsage(`${first} is not for a terminal: add --out FILE, or send it into a pipe.`)
  }
  return [...picture, { format, file: out }]
}

/** What a format could not honour is said, not passed over. */
async function refuseSelection(format: string, options: ReportOptions): Promise<void> {
  const { depth, minMs, filter, service } = options
  const selections = { '--depth': depth, '--min-ms': minMs, '--filter': filter, '--service': service }
  const [name] = Object.entries(selections).find(([, value]) => value !== undefined) ?? []
  if (name !== undefined)
    throw await wrongUsage(`${name} chooses what the tree shows; ${format} always has the whole trace.`)
}

/** Says which options cannot be as they are. */
export function wrongUsage(message: string): Promise<OsprofilerError> {
  return failure('ERR_CONFIGURATION', message)
}
