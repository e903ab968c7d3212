import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { isOfNode } from '../src/tracing/node-classes.js'

it('knows the classes of Node and their prototypes, and no class of the program', () => {
  class Orders extends EventEmitter {}

  expect([EventEmitter, EventEmitter.prototype, Readable, Readable.prototype].map(isOfNode)).toEqual(
    Array(4).fill(true),
  )
  expect([Orders, Orders.prototype, Map, {}].map(isOfNode)).toEqual(Array(4).fill(false))
})
