// Sends requests, and calls MongoDB, in the ways in which programs do.

import http from 'node:http'
import { MongoClient } from 'mongodb'
import mongoose from 'mongoose'
import { request, fetch as undiciFetch } from 'undici'
import { check, runCases } from './cases.mjs'

const server = http.createServer((_, res) => res.end('ok')).listen(0, '127.0.0.1')
await new Promise(done => server.once('listening', done))
const url = `http://127.0.0.1:${server.address().port}/`
check('http', () => new Promise(done => http.get(url, res => res.resume().on('end', done))))
check('fetch', async () => await (await fetch(url)).text())
check('fetch, then', () => fetch(url).then(res => res.text()))
check('fetch, with a body', async () => await (await fetch(url, { method: 'POST', body: 'a' })).text())
check('undici', async () => await (await request(url)).body.text())
check('undici fetch', async () => await (await undiciFetch(url)).text())

const client = await new MongoClient(process.env.MONGODB).connect()
const documents = client.db('shop').collection('items')
check('mongodb', async () => await documents.findOne({ a: 1 }))
check('mongodb, cursor', async () => await documents.find({ a: 1 }).toArray())
check('mongodb, insert', async () => await documents.insertOne({ a: 1 }))
await mongoose.connect(process.env.MONGODB)
const Model = mongoose.model('Item', new mongoose.Schema({ a: Number }))
check('mongoose', async () => await Model.find({ a: 1 }))
check('mongoose, exec', async () => await Model.find({ a: 1 }).lean().exec())
check('mongoose, save', async () => await new Model({ a: 2 }).save())

await runCases()
