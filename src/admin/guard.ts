import type { MiddlewareHandler } from 'hono'
import { type AdminRoute, contract } from './contract.ts'
import { bearerToken } from './token.ts'

const routes: readonly AdminRoute[] = contract
const openPaths: ReadonlySet<string> = new Set(routes.filter(isPublic).map(route => route.path))

/**
 * Lets in whoever holds the admin token, and anyone to read what the contract declares public. Everything else,
 * known path or not, is 401. It decides on the path that the router then uses, and on nothing else of the request's
 * address: a Host header that pretends to be a path is the same pretence to both.
 */
export const guard =
  (tokenIs: (token: string) => boolean): MiddlewareHandler =>
  async (c, next) => {
    const token = bearerToken(c.req.header('authorization'))
    if (isOpen(c.req.method, c.req.path) || (token !== undefined && tokenIs(token))) return next()
    return c.json(unauthenticated, 401, { 'www-authenticate': 'Bearer realm="thalamus admin"' })
  }

const isOpen = (method: string, path: string): boolean => (method === 'GET' || method === 'HEAD') && openPaths.has(path)

function isPublic(route: AdminRoute): boolean {
  return route['x-role'] === 'public' && route.method === 'get'
}

const unauthenticated = {
  error: { message: "Send the admin token as 'Authorization: Bearer <token>'.", code: 'unauthenticated' },
}
