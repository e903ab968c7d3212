// Prints the URL of each module that the program loads, with `node --import`.

import { writeSync } from 'node:fs'
import * as module from 'node:module'
import { isMainThread } from 'node:worker_threads'

export function load(url, context, next) {
  writeSync(1, `${JSON.stringify({ loaded: url })}\n`)
  return next(url, context)
}

// Node before 22.15 runs such hooks only in a thread of their own.
if (module.registerHooks !== undefined) module.registerHooks({ load })
else if (isMainThread) module.register(import.meta.url)
