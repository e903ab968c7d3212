import { GATE_OPTIONS, type TraceGateOptions } from '../admission/trace-gate.js'
import { checkOptions } from '../options/check-options.js'
import type { NodeRequest } from './node-messages.js'

/** What every HTTP adapter understands. */
export interface HttpOptions extends TraceGateOptions<NodeRequest> {
  /** The name of the point of a served request. Default `wsgi`, which OSProfiler's readers know. */
  readonly name?: string | undefined
  /** Keeps the query string out of the record. Default false. Values under secret names are always redacted. */
  readonly hideQuery?: boolean | undefined
}

/** @throws TypeError for an option of the wrong type, or one that does not exist. */
export function checkHttpOptions(options: HttpOptions): void {
  checkOptions('The middleware', options, { name: 'string', hideQuery: 'boolean', ...GATE_OPTIONS })
}
