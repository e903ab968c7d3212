import type { TraceRecord } from '@osprofiler/core'
import { startPython } from './start-python.js'

/** A Python service with OSProfiler's own WSGI middleware. */
export interface WsgiApp {
  readonly url: string
  /** Returns all records that the service has written so far. */
  records(): Promise<TraceRecord[]>
  stop(): Promise<void>
}

/** Starts `wsgi_app.py` with the given keys, separated by commas. */
export async function startWsgiApp(hmacKeys: string): Promise<WsgiApp> {
  const { readLine, stop } = startPython('wsgi_app.py', [hmacKeys])
  const url = `http://127.0.0.1:${await readLine()}`
  return {
    url,
    async records() {
      const response = await fetch(`${url}/records`)
      return (await response.json()) as TraceRecord[]
    },
    stop,
  }
}
