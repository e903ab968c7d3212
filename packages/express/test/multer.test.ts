import { createServer } from 'node:http'
import { get, setNotifier } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'
import multer from 'multer'
import { afterEach, describe, expect, it } from 'vitest'
import { type Listening, listen } from '../../../test/context/framework.js'
import { createMultipartForm } from '../../../test/context/multipart.js'
import { recordTraces } from '../../../test/context/recorded-traces.js'
import { KEY, send, signTrace } from '../../../test/context/signed-request.js'
import { outlineTrace } from '../../../test/context/trace-outline.js'
import { doWork, WORK_OUTLINE } from '../../../test/context/traced-work.js'
import { expresses } from './expresses.js'

let server: Listening | undefined

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
})

describe.each(expresses)('multer in Express $version', ({ express }) => {
  it('keeps the trace of each request if several forms arrive slowly at the same time', async () => {
    const traces = recordTraces()
    const app = express().use(osprofilerMiddleware(KEY))
    app.post('/', multer().single('file'), async (req, res) => {
      await doWork(req.body.field)
      res.json({ field: req.body.field, file: req.file?.buffer.toString(), trace: get()?.baseId })
    })
    server = await listen(createServer(app))
    const { url } = server

    const sent = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const { baseId, headers } = signTrace()
        const { contentType, body } = createMultipartForm(`form ${index}`, 'x'.repeat(20_000))
        const signed = await send(url, { headers: { ...headers, 'Content-Type': contentType }, body })
        const unsigned = await send(url, { headers: { 'Content-Type': contentType }, body })
        return { index, baseId, signed, unsigned }
      }),
    )

    for (const { index, baseId, signed, unsigned } of sent) {
      const form = { field: `form ${index}`, file: 'x'.repeat(20_000) }
      expect(signed.json()).toEqual({ ...form, trace: baseId })
      expect(unsigned.json()).toEqual(form)
      expect(outlineTrace(await traces.whenServed(baseId))).toBe(`wsgi${WORK_OUTLINE}`)
    }
  })
})
