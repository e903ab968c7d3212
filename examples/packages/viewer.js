import { readFile, writeFile } from 'node:fs/promises'
import { buildReport, parseRecords } from '@osprofiler/report'
import { renderPage } from '@osprofiler/viewer'

const records = parseRecords(await readFile('trace.jsonl', 'utf8'))
await writeFile('trace.html', renderPage(buildReport(records)))
