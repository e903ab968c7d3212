import { describe, expect, it } from 'vitest'
import { createExportLabel, nameExportService } from '../src/export/export-label.js'
import { reportOf } from './find.js'
import { query } from './make-trace.js'

describe('the label of a point in an export', () => {
  it("consists of the point's name and action", () => {
    const [node] = reportOf({ id: 'a', ...query('SELECT 1'), from: 0, to: 1 }).points

    expect(node && createExportLabel(node)).toBe('db SELECT 1')
    expect(node && nameExportService(node)).toBe('api')
  })

  it('is cut to a length that fits in a box', () => {
    const [node] = reportOf({ id: 'a', ...query(`SELECT ${'x'.repeat(1_000)}`), from: 0, to: 1 }).points

    expect(node && createExportLabel(node)).toMatch(/^db SELECT x{186,}\.\.\.$/)
    expect(node && createExportLabel(node).length).toBe(200)
  })

  it('says if the service is missing', () => {
    const [node] = reportOf({ id: 'a', service: '', from: 0, to: 1 }).points

    expect(node && nameExportService(node)).toBe('(no service)')
  })
})
