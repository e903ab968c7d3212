import { GATE_OPTIONS, type TraceGateOptions } from '../admission/trace-gate.js'
import { checkOptions, type OptionKinds } from '../options/check-options.js'
import { checkTicketOptions, type TicketOptions } from '../tickets/ticket-options.js'
import type { NodeRequest } from './response/node-messages.js'

/** The options that every HTTP adapter accepts. */
export interface HttpOptions extends TraceGateOptions<NodeRequest>, TicketOptions {
  /** The name of a served request's point. Default `wsgi`, which OSProfiler's readers know. */
  readonly name?: string | undefined
  /** Keeps the query string out of the record. Default false. Values of secret names are always redacted. */
  readonly hideQuery?: boolean | undefined
}

/** @throws TypeError for an unknown option, or one of the wrong type or value */
export function checkHttpOptions(options: HttpOptions): void {
  checkOptions('The middleware', options, HTTP_OPTIONS)
  checkTicketOptions(options)
}

const HTTP_OPTIONS: OptionKinds<HttpOptions> = {
  name: 'string',
  hideQuery: 'boolean',
  tickets: 'any',
  audience: 'any',
  ...GATE_OPTIONS,
}
