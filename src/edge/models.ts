import { Fault } from '../model/fault.ts'
import type { Door } from './door.ts'

/** `GET /v1/models`: what this key can reach, in OpenAI's form. */
export async function listModels(request: Request, door: Door): Promise<Response> {
  const caller = await door.rooms.authenticate(request)
  return Response.json({ object: 'list', data: door.models(caller).map(modelOf) })
}

/** `GET /v1/models/{id}`; ids contain slashes, written as they are or as %2F. */
export async function oneModel(request: Request, door: Door, path: string): Promise<Response> {
  const caller = await door.rooms.authenticate(request)
  const id = decode(path.slice('/v1/models/'.length))
  if (!door.models(caller).includes(id)) {
    throw new Fault(
      'model_not_found',
      `There is no model '${id.slice(0, 200)}' for this key. GET /v1/models lists them.`,
      {
        param: 'model',
      },
    )
  }
  return Response.json(modelOf(id))
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

const modelOf = (id: string) => ({
  id,
  object: 'model',
  // When a model was made is not known for all of them, and OpenAI's clients want a number.
  created: 0,
  owned_by: id.includes('/') ? id.slice(0, id.indexOf('/')) : 'thalamus',
})
