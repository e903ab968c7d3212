import type { Command } from 'commander'
import { parseSeconds } from '../parse-option.js'

/** The options of `trace show`, which `run` takes too. */
export interface ShowOptions extends StoreOptions {
  readonly json?: boolean
  readonly out?: string
  /** In seconds. */
  readonly idleTimeout?: number
}

/** Which store to read. */
export interface StoreOptions {
  readonly connectionString?: string
  readonly transportUrl?: string
}

/** Adds the options that say how and where a trace is shown, and from which store it comes. */
export function addShowOptions(command: Command): Command {
  command
    .option('--json', "as JSON, the same as Python's")
    .option('--out <file>', 'into a file, readable by its owner alone, instead of to the terminal')
  return addStoreOptions(command)
    .option('--transport-url <url>', "the message broker's URL (for a bare messaging:// only)")
    .option('--idle-timeout <seconds>', 'a trace is whole when nothing new has come for so long', parseSeconds)
}

/** Adds the option that says which store to read. */
export function addStoreOptions(command: Command): Command {
  return command.option(
    '--connection-string <string>',
    'the store; default: OSPROFILER_CONNECTION_STRING, or else sqlite://, the embedded one',
  )
}
