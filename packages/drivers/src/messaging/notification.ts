import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { TraceRecord } from '@osprofiler/core'
import { Buffer, JSON } from '@osprofiler/core/toolkit'
import { untagValues } from '../records/kombu-values.js'
import { encodeRecord, isObject, parse, toRecord } from '../records/record-text.js'

/**
 * The name of the queue, which is also the routing key. oslo.messaging joins the topic `profiler` and the priority
 * `info`.
 */
export const TOPIC = 'profiler.info'

/**
 * Encodes a record as a notification in oslo.messaging's format 2.0, which has an envelope that listeners unwrap.
 * Python's driver sends format 1.0, which has no envelope. The message is a template string, because `JSON.stringify`
 * would encode the payload a second time.
 */
export function encodeNotification(record: TraceRecord, sentAt: Date): Buffer {
  const payload = encodeRecord(record)
  const { host } = record.info
  const id = randomUUID()
  const publisher = JSON.stringify(typeof host === 'string' ? host : hostname())
  const event = JSON.stringify(`profiler.${record.service}`)
  const timestamp = sentAt.toISOString().replace('T', ' ').slice(0, -1)
  // A listener recognizes a repeated notification by its unique id.
  const message = `{"message_id":"${id}","_unique_id":"${id}","publisher_id":${publisher},"event_type":${event},"priority":"INFO","timestamp":"${timestamp}","payload":${payload}}`
  return Buffer.from(`{"oslo.version":"2.0","oslo.message":${JSON.stringify(message)}}`)
}

/**
 * Decodes a notification of either format. Returns undefined if the notification does not contain a profiler's record.
 */
export function decodeNotification(content: Buffer): TraceRecord | undefined {
  const body = parse(content.toString())
  const text = isObject(body) ? body['oslo.message'] : undefined
  const message = typeof text === 'string' ? parse(text) : body
  const payload = isObject(message) ? message.payload : undefined
  if (!isObject(payload) || typeof payload.base_id !== 'string' || typeof payload.name !== 'string') return undefined
  return toRecord(untagValues(payload))
}
