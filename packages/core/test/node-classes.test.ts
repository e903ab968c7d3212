import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { isNodeClass } from '../src/tracing/node-classes.js'

it('recognizes the classes of Node and their prototypes, but no class of the program', () => {
  class Orders extends EventEmitter {}

  expect([EventEmitter, EventEmitter.prototype, Readable, Readable.prototype].map(isNodeClass)).toEqual(
    Array(4).fill(true),
  )
  expect([Orders, Orders.prototype, Map, {}].map(isNodeClass)).toEqual(Array(4).fill(false))
})
