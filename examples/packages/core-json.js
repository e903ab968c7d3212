import { parseJson, stringifyJson } from '@osprofiler/core/json'

const info = parseJson('{"id": 9007199254740993, "ratio": NaN, "size": 1.0}')
console.log(String(info.id)) // 9007199254740993
console.log(info.size + 1) // 2
console.log(stringifyJson(info)) // {"id":9007199254740993,"ratio":NaN,"size":1.0}
