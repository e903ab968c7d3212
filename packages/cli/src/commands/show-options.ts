import { type Command, Option } from 'commander'
import type { ExportTarget } from '../show/output-format.js'
import { parseCount, parseMilliseconds, parseSeconds } from './parse-option.js'

const EXPORT_TARGETS: readonly ExportTarget[] = ['perfetto', 'speedscope', 'otlp']

/** Adds the options for how and where to write a trace, and for the store that contains the trace. */
export function addShowOptions(command: Command): Command {
  command
    .option('--json', "write the trace as JSON, in the format of Python's command")
    .option('--html', 'write an HTML page that needs no network: waterfall, flame graph, statistics, search')
    .option('--dot', "write a graph in the DOT language, as Python's command does")
    .option('--render-dot <file>', 'draw the graph of --dot: .svg, or .png with @resvg/resvg-wasm; needs no Graphviz')
    .addOption(new Option('--export <tool>', 'write a timeline for another tool').choices(EXPORT_TARGETS))
    .option('--out <file>', 'write to a file that only its owner can read, instead of to the terminal')
    .option('--depth <levels>', 'show this many levels of the tree', parseCount)
    .option('--min-ms <milliseconds>', 'show only points of the tree that took at least this long', parseMilliseconds)
    .option('--filter <regex>', 'show only points of the tree that match, with their ancestors')
    .option('--service <name>', 'show only points of the tree of this service, with their ancestors')
    .option('--code', 'show the line of the program that made each point of the tree')
    .option('--raw-times', 'show times as the hosts recorded them, without correction of different clocks')
  return addReadOptions(command)
}

/** Adds the options for the store that contains a trace, and for how long to wait for new records. */
export function addReadOptions(command: Command): Command {
  return addStoreOptions(command)
    .option('--transport-url <url>', "the message broker's URL, if the store is messaging:// without a host")
    .option('--idle-timeout <seconds>', 'a trace is complete after this time without new records', parseSeconds)
}

/** Adds the option for the store that a command opens. */
export function addStoreOptions(command: Command): Command {
  return command.option(
    '--connection-string <string>',
    'the store; default: OSPROFILER_CONNECTION_STRING, or else sqlite:// (the embedded store)',
  )
}

/** Adds the option `--id`, which means that the argument is an id, even if a file has the same name. */
export function addIdOption(command: Command): Command {
  return command.option('--id', 'the argument is the id of a trace, even if a file has the same name')
}

/** Help text on how commands distinguish ids from files. */
export const ID_OR_FILE_HELP = `
If a file has the same name as an id, the command first looks for this id in the store, for at most a second. A leading
./ means a file, --id means an id, and - means standard input.`
