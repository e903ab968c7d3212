/** Members of each record. The records in this file are about as long as those of a typical service. */
const place =
  '"base_id": "0199c0de-7000-7abc-8def-0123456789ab", "parent_id": "8d28af1e-acc0-498c-9890-6908e33eff60", "trace_id": "f46e5c2b-0b41-4c5b-bf02-e0be3c2d1a30", "timestamp": "2026-11-28T19:00:05.123456"'
const record = (name, info) =>
  `{"name": "${name}", ${place}, "info": {${info}, "host": "web-1"}, "project": "shop", "service": "orders"}`

/** Each set of lines has a name, the title of its table row, and the lines. */
export const JSON_LINES = {
  texts: [
    'without numbers',
    [
      record('wsgi-start', '"request": {"path": "/orders/7", "query": "", "method": "GET", "scheme": "https"}'),
      record('db-start', '"db": {"statement": "SELECT name FROM products WHERE id = $1", "params": "42"}'),
      record('db-stop', '"db": {"result": ""}'),
    ],
  ],
  numbers: [
    'with a status, a port and times',
    [
      record('wsgi-stop', '"response": {"status_code": 200}, "request": {"route": "/orders/:id"}'),
      record(
        'http-stop',
        '"requests": {"status_code": 404, "port": 8080, "first_byte_ms": 12.345, "last_byte_ms": 13.75}',
      ),
    ],
  ],
  exotic: [
    'with NaN, 1.0 and integers of 64 bits',
    [
      record('db-start', '"db": {"statement": "INSERT INTO t VALUES (%s, %s, %s)", "params": [NaN, 1.0, 1e-07]}'),
      record('db-start', '"db": {"statement": "SELECT * FROM t WHERE id = %s", "params": [9007199254740993]}'),
    ],
  ],
}
