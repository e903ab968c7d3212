// A program that preloads this module (`node --import`) prints the URL of each module that it loads.

import { writeSync } from 'node:fs'
import * as module from 'node:module'
import { isMainThread } from 'node:worker_threads'

export function load(url, context, next) {
  writeSync(1, `${JSON.stringify({ loaded: url })}\n`)
  return next(url, context)
}

// Node before 22.15 runs such hooks only in a separate thread.
if (module.registerHooks !== undefined) module.registerHooks({ load })
else if (isMainThread) module.register(import.meta.url)
