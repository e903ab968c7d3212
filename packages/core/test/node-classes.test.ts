import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { isNodeClass } from '../src/tracing/node-classes.js'

it("isNodeClass() recognizes Node's classes and their prototypes, but no class that the program defines", () => {
  class Orders extends EventEmitter {}

  expect([EventEmitter, EventEmitter.prototype, Readable, Readable.prototype].map(isNodeClass)).toEqual(
    Array(4).fill(true),
  )
  expect([Orders, Orders.prototype, Map, {}].map(isNodeClass)).toEqual(Array(4).fill(false))
})
