import { FormData } from 'undici';

/** A form for a webhook. Made here, as `fetch` knows only the forms of the undici that it came with. */
export function formWith(name: string, values: string[]): FormData {
	const form = new FormData();
	values.forEach((value) => form.append(name, value));
	return form;
}
