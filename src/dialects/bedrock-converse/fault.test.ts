import { expect, test } from 'bun:test'
import { bedrockConverse } from './index.ts'

const read = (status: number, body: string, errorType?: string) =>
  bedrockConverse.fault.read({
    provider: 'bedrock',
    status,
    contentType: 'application/json',
    retryAfterMs: 1500,
    body,
    ...(errorType === undefined ? {} : { header: name => (name === 'x-amzn-errortype' ? errorType : undefined) }),
  })

const suffix = ':http://internal.amazon.com/coral/com.amazon.bedrock/'

test.each([
  [429, `ThrottlingException${suffix}`, 'rate_limited'],
  // As it was recorded: throttled with a status that says something else.
  [503, `ThrottlingException${suffix}`, 'rate_limited'],
  [400, 'ServiceQuotaExceededException', 'rate_limited'],
  [400, `ValidationException${suffix}`, 'invalid_request'],
  [404, `ResourceNotFoundException${suffix}`, 'model_not_found'],
  [408, 'ModelTimeoutException', 'upstream_timeout'],
  [424, 'ModelErrorException', 'upstream_failed'],
  [429, 'ModelNotReadyException', 'overloaded'],
  [503, 'ServiceUnavailableException', 'overloaded'],
  [403, `UnrecognizedClientException${suffix}`, 'upstream_failed'],
  [403, 'AccessDeniedException', 'upstream_failed'],
  [500, 'InternalServerException', 'upstream_failed'],
  [413, undefined, 'too_large'],
  [429, undefined, 'rate_limited'],
  [404, undefined, 'model_not_found'],
  [504, undefined, 'upstream_timeout'],
  [503, undefined, 'overloaded'],
  [403, undefined, 'upstream_failed'],
  [400, undefined, 'invalid_request'],
] as const)('%d %s is %s', (status, errorType, code) => {
  const fault = read(status, '{"message":"Words."}', errorType)
  expect([fault.code, fault.message, fault.retryAfterMs]).toEqual([code, `bedrock answered ${status}: Words.`, 1500])
})

test('a model that is not there is told by words alone', () => {
  const body = '{"message":"The provided model identifier is invalid."}'
  expect(read(400, body, `ValidationException${suffix}`).code).toBe('model_not_found')
})

test.each([
  ['{"Message":"Words."}', ': Words.'],
  ['{"__type":"com.amazon.coral.service#ThrottlingException"}', ': no reason was given (ThrottlingException).'],
  ['<html>Bad gateway</html>', ' and gave no reason that can be read. Check its base_url, or try again later.'],
])('%s has its words', (body, words) => {
  expect(read(502, body).message).toBe(`bedrock answered 502${words}`)
})

test('the class of an error may stand in its body', () => {
  expect(read(400, '{"__type":"com.amazon.coral.service#ThrottlingException"}').code).toBe('rate_limited')
})
