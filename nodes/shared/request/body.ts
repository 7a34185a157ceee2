import type { IHttpRequestOptions } from 'n8n-workflow';
import { readBytes } from '../media/binaryFile';
import type { Base64Body, MultipartBody, ProviderRequest } from '../providers/adapter';
import { isObject } from '../providers/read';
import { toFormData } from './multipart';

type Body = NonNullable<ProviderRequest['body']>;

export function hasFile(body: ProviderRequest['body']): boolean {
	return body !== undefined && (isMultipart(body) || isBase64(body));
}

/** The body as n8n's request helper takes it. A multipart file is read only while it is sent. */
export async function toHttpBody(body: Body): Promise<Pick<IHttpRequestOptions, 'body' | 'json'>> {
	if (isMultipart(body)) return { body: toFormData(body), json: false };
	if (!isBase64(body)) return { body, json: true };
	const { fieldName, source } = body.base64File;
	const bytes = await readBytes(source);
	return { body: { ...body.fields, [fieldName]: bytes.toString('base64') }, json: true };
}

function isMultipart(body: Body): body is MultipartBody {
	return 'file' in body && isObject(body.file) && 'fields' in body;
}

function isBase64(body: Body): body is Base64Body {
	return 'base64File' in body && isObject(body.base64File);
}
