import { escapeControl } from '@osprofiler/report'
import { createViewer, type Viewer } from '@osprofiler/viewer/server'
import { codeOf, messageOf } from '../output/failure.js'
import { readable, type StoreOptions, withStore } from '../store/open-store.js'

/** Options of `ui`. */
export interface UiOptions extends StoreOptions {
  readonly port?: number
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Serves the pages of a store until a signal ends it. Only the address goes to standard output. */
export async function runUi(options: UiOptions): Promise<void> {
  await withStore(options, async ({ driver, shownAs }) => {
    readable(driver, 'listTraces')
    readable(driver, 'readRecords')
    const viewer = createViewer({ driver, storeName: shownAs, onError: createComplaint() })
    const ended = nextSignal()
    process.stdout.write(`${await listen(viewer, options.port)}\n`)
    process.stderr.write(`The traces of ${shownAs}, for whoever has this address. Ctrl-C ends it.\n`)
    await ended
    await viewer.close()
  })
}

async function listen(viewer: Viewer, port: number | undefined): Promise<string> {
  try {
    return await viewer.listen(port)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'EADDRINUSE') throw new Error(`Port ${port} is taken. Give another, or no --port.`, { cause })
    if (code === 'EACCES') throw new Error(`Port ${port} may not be used. Give one above 1023.`, { cause })
    throw cause
  }
}

/** A second signal has its usual effect again, and ends the process at once. */
function nextSignal(): Promise<void> {
  return new Promise(resolve => {
    function end(): void {
      for (const signal of ENDING) process.off(signal, end)
      resolve()
    }
    for (const signal of ENDING) process.once(signal, end)
  })
}

/** Prints errors that are reported nowhere else. A page that asks every second does not repeat the same error. */
function createComplaint(): (error: unknown) => void {
  let last = ''
  return error => {
    const message = escapeControl(messageOf(error))
    if (message !== last) process.stderr.write(`error: ${message}\n`)
    last = message
  }
}
