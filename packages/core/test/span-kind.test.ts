import { expect, it } from 'vitest'
import { KIND } from '../src/record/message-step.js'
import { spanKind } from '../src/record/span-kind.js'
import { sourceOf } from './fixtures/span-source.js'

it.each([
  ['a served request', { name: 'wsgi' }, KIND.server],
  ['a served request with another name', { name: 'api', startInfo: { request: {} } }, KIND.server],
  ['an outgoing request', { name: 'http', startInfo: { requests: {} } }, KIND.client],
  ['a query', { name: 'db' }, KIND.client],
  ['a message that is sent', { name: 'rpc', startInfo: { messaging: { operation: 'send' } } }, KIND.producer],
  ['a call that is served', { name: 'rpc', hasLocalParent: false }, KIND.server],
  ['a method that serves a call', { name: 'rpc', startInfo: { function: { name: 'Orders.create' } } }, KIND.internal],
  ['a gRPC call', { name: 'rpc', startInfo: { function: { name: '/shop.Orders/Create' } } }, KIND.client],
  ['a step of the program', { name: 'render' }, KIND.internal],
])('spanKind() returns the right span kind for %s', (_, source, kind) => {
  expect(spanKind(sourceOf(source))).toBe(kind)
})
