import type { WriteResult } from '@osprofiler/core'
import { Number, Set } from '@osprofiler/core/toolkit'
import type { Collection } from 'mongodb'
import type { DocumentBatch } from './document.js'
import { countRefused, isDuplicateId, isTransient, readWriteErrors } from './failure.js'

/**
 * Inserts the documents of a batch, and counts the documents that the server refuses. A document whose `_id` already
 * exists was written by an earlier try. If the batch has failed before (`hasFailedBefore`), documents that the server
 * may accept later are reported as held. Only these documents are then tried again.
 */
export async function insertDocuments(
  collection: Collection,
  batch: DocumentBatch,
  hasFailedBefore: boolean,
): Promise<WriteResult> {
  if (batch.documents.length === 0) return { refused: batch.refused }
  try {
    await collection.insertMany([...batch.documents], { ordered: false })
    return { refused: batch.refused }
  } catch (error) {
    const left = readWriteErrors(error).filter(failure => !isDuplicateId(failure))
    const held = new Set(left.filter(({ code }) => isTransient(code)).map(({ index }) => Number(index)))
    if (!hasFailedBefore || held.size === 0) {
      return { refused: batch.refused + countRefused(error) }
    }
    const positions = [...held].flatMap(at => batch.positions[at] ?? [])
    const [first] = left.filter(({ code }) => isTransient(code))
    return {
      refused: batch.refused + left.length - held.size,
      held: positions,
      reason: `MongoDB does not accept these records now: it answered with code ${Number(first?.code)}.`,
    }
  }
}
