/**
 * Compiles the result schemas of the public API files, which are JSON Schema with leftovers of OpenRPC. Four repairs:
 * references between files become names, nodes that only wrap a schema are unwrapped, `required` as a text becomes a
 * list, and `required` as a boolean is dropped. And `oneOf` is read as `anyOf`: a closed block has every field that an
 * open one must have, so it is both.
 *
 * The schemas seldom forbid extra fields, so a misspelt optional one would pass: `unknownFields` finds names that occur
 * nowhere in the files.
 */
import { Ajv, type ValidateFunction } from 'ajv'
import { vector } from '../vectors.ts'

const FILES = [
  'starknet_api_openrpc.json',
  'starknet_write_api.json',
  'starknet_trace_api_openrpc.json',
  'starknet_executables.json',
  'devnet_api.json',
]

/** Vector files that specs with schemas need. */
export const schemaFiles = FILES.map((file) => `openrpc/${file}`)

type Json = unknown
type Fields = Record<string, Json>

interface ApiFile {
  methods: { name: string; result?: { schema?: Fields } }[]
  components: { errors?: Record<string, { code: number; message: string; data?: Fields }> }
}

interface Schemas {
  results: Map<string, ValidateFunction>
  /** By code. */
  errors: Map<number, { message: string; data: ValidateFunction | null }>
  fieldNames: Set<string>
}

let compiled: Schemas | undefined

export function schemas(): Schemas {
  compiled ??= compile()
  return compiled
}

function compile(): Schemas {
  const ajv = new Ajv({ strict: false, validateSchema: false, allErrors: false })
  const result: Schemas = { results: new Map(), errors: new Map(), fieldNames: new Set() }
  for (const file of FILES) {
    const repaired = repair(vector(`openrpc/${file}`)) as Fields
    collectNames(repaired, result.fieldNames)
    ajv.addSchema({ ...repaired, $id: file })
  }
  for (const file of FILES) {
    const { methods, components } = vector<ApiFile>(`openrpc/${file}`)
    for (const { name, result: answer } of methods) {
      if (answer?.schema === undefined) continue
      result.results.set(name, ajv.compile(within(file, repair(answer.schema))))
    }
    if (file === 'devnet_api.json') continue
    for (const { code, message, data } of Object.values(components.errors ?? {})) {
      // Some files write the type alone where a schema is meant.
      const schema = typeof data === 'string' ? { type: data } : data
      result.errors.set(code, {
        message,
        data: schema === undefined ? null : ajv.compile(within(file, repair(schema))),
      })
    }
  }
  return result
}

/** Makes references inside one file absolute, so that a part of it can be compiled alone. */
function within(file: string, schema: Json): Fields {
  return map(schema, (key, value) =>
    key === '$ref' && typeof value === 'string' && value.startsWith('#') ? file + value : value,
  ) as Fields
}

function repair(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(repair)
  if (typeof schema !== 'object' || schema === null) return schema
  const fields = schema as Fields
  const isWrapper =
    typeof fields.schema === 'object' &&
    Object.keys(fields).every((key) => ['name', 'description', 'schema', 'required'].includes(key))
  if (isWrapper) return repair(fields.schema)
  const repaired: Fields = {}
  for (const [key, value] of Object.entries(fields)) {
    if (key === 'required' && typeof value === 'boolean') continue
    if (key === 'required' && typeof value === 'string') repaired[key] = [value]
    else if (key === 'oneOf') repaired.anyOf = repair(value)
    else if (key === '$ref' && typeof value === 'string')
      repaired[key] = value.replace('./api/', '')
    else repaired[key] = repair(value)
  }
  return repaired
}

function map(schema: Json, change: (key: string, value: Json) => Json): Json {
  if (Array.isArray(schema)) return schema.map((item) => map(item, change))
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, map(change(key, value), change)]),
  )
}

function collectNames(schema: Json, names: Set<string>): void {
  if (typeof schema !== 'object' || schema === null) return
  const { properties } = schema as Fields
  if (typeof properties === 'object' && properties !== null) {
    for (const name of Object.keys(properties)) names.add(name)
  }
  for (const value of Object.values(schema)) collectNames(value, names)
}

/** Names of fields that no schema knows. */
function unknownFields(value: Json, found: Set<string> = new Set()): Set<string> {
  if (Array.isArray(value)) for (const item of value) unknownFields(item, found)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (!schemas().fieldNames.has(name)) found.add(name)
      unknownFields(member, found)
    }
  }
  return found
}

/** Why an answer does not fit the files, or null: results by method, errors by code. */
export function misfit(
  method: string,
  answer: { result?: Json; error?: { code: number; message: string; data?: Json } },
): string | null {
  const { results, errors } = schemas()
  const { result, error } = answer
  if (error !== undefined) {
    const known = errors.get(error.code)
    if (known === undefined) return error.code <= -32000 ? null : `no error ${error.code} exists`
    if (error.message !== known.message) return `the message of ${error.code} is another`
    if (known.data === null) {
      return error.data === undefined ? null : `error ${error.code} has no data`
    }
    return known.data(error.data) ? null : JSON.stringify(known.data.errors)
  }
  const validate = results.get(method)
  if (validate === undefined) return method.startsWith('starknet_') ? 'no such method' : null
  if (!validate(result)) return JSON.stringify(validate.errors)
  const unknown = [...unknownFields(result)]
  return unknown.length === 0 ? null : `unknown fields ${unknown}`
}
