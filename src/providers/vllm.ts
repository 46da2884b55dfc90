import { bearer, type Provider } from './provider.ts'

export const vllm: Provider = {
  id: 'vllm',
  name: 'vLLM',
  dialect: 'openai-chat',
  baseUrl: 'http://127.0.0.1:8000/v1',
  keyFrom: [],
  auth: bearer,
  quirks: { stops: Number.POSITIVE_INFINITY, noDeveloper: true, thoughtsIn: 'reasoning' },
  docs: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
}
