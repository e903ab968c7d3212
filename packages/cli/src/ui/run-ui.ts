import { escapeControl } from '@osprofiler/report'
import { createViewer, type Viewer } from '@osprofiler/viewer/server'
import { codeOf, messageOf } from '../output/create-failure.js'
import { requireReadMethod, type StoreOptions, withStore } from '../store/open-store.js'

/** Options of `osprofiler ui`. */
export interface UiOptions extends StoreOptions {
  readonly port?: number
  /** The URL pattern of links that open a source line in an editor. `{root}` is replaced by the current folder. */
  readonly editor?: string
}

const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Serves the pages of a store until a signal arrives. Prints only the address to standard output. */
export async function runUi(options: UiOptions): Promise<void> {
  await withStore(options, async ({ driver, shownAs }) => {
    requireReadMethod(driver, 'listTraces')
    requireReadMethod(driver, 'readRecords')
    const editor = options.editor === undefined ? undefined : { pattern: options.editor, root: process.cwd() }
    const viewer = createViewer({ driver, storeName: shownAs, editor, onError: createErrorPrinter() })
    const ended = waitForSignal()
    process.stdout.write(`${await listen(viewer, options.port)}\n`)
    process.stderr.write(`Anyone with this address can read the traces of ${shownAs}. Ctrl-C ends the command.\n`)
    await ended
    await viewer.close()
  })
}

async function listen(viewer: Viewer, port: number | undefined): Promise<string> {
  try {
    return await viewer.listen(port)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'EADDRINUSE')
      throw new Error(`Port ${port} is in use. Use another port, or leave out --port.`, { cause })
    if (code === 'EACCES') throw new Error(`Port ${port} needs privileges. Use a port above 1023.`, { cause })
    throw cause
  }
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP. A second signal ends the process immediately, as usual. */
function waitForSignal(): Promise<void> {
  return new Promise(resolve => {
    function end(): void {
      for (const signal of END_SIGNALS) process.off(signal, end)
      resolve()
    }
    for (const signal of END_SIGNALS) process.once(signal, end)
  })
}

/**
 * Creates a function that prints errors to standard error. An error that repeats the previous one is not printed,
 * because an open page may cause the same error every second.
 */
function createErrorPrinter(): (error: unknown) => void {
  let last = ''
  return error => {
    const message = escapeControl(messageOf(error))
    if (message !== last) process.stderr.write(`error: ${message}\n`)
    last = message
  }
}
