import { readFile } from 'node:fs/promises'
import { buildReport, parseRecords, renderTree } from '@osprofiler/report'

const records = parseRecords(await readFile('trace.jsonl', 'utf8'))
process.stdout.write(renderTree(buildReport(records), { width: 90 }))
