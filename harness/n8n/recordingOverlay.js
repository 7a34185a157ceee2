/* What a recording shows over each page: a caption, and the pointer, which a headless browser does not draw. */
(() => {
	if (window.top !== window) return;
	const draw = () => {
		const overlay = document.createElement('div');
		overlay.style.cssText = 'position:fixed;inset:0;z-index:2147483647;pointer-events:none';
		const root = overlay.attachShadow({ mode: 'closed' });
		root.innerHTML = `
			<style>
				p { position: absolute; right: 24px; bottom: 20px; max-width: 640px; margin: 0; padding: 14px 22px;
					border-radius: 10px; background: #14213de6; color: #fff; font: 600 21px/1.35 sans-serif; white-space: pre-line }
				p:empty { display: none }
				i { position: absolute; left: -30px; top: -30px; width: 22px; height: 22px; margin: -11px; border-radius: 50%;
					background: #fb850099; border: 2px solid #fff; box-shadow: 0 0 0 1px #0006 }
				i.pressed { background: #d00000cc; transform: scale(.7) }
			</style><p></p><i></i>`;
		const caption = root.querySelector('p');
		const pointer = root.querySelector('i');
		const showCaption = () => (caption.textContent = sessionStorage.getItem('recording-caption') ?? '');
		showCaption();
		window.addEventListener('recording-caption', showCaption);
		window.addEventListener('mousemove', ({ clientX, clientY }) => {
			pointer.style.left = `${clientX}px`;
			pointer.style.top = `${clientY}px`;
		}, true);
		window.addEventListener('mousedown', () => pointer.classList.add('pressed'), true);
		window.addEventListener('mouseup', () => pointer.classList.remove('pressed'), true);
		document.documentElement.append(overlay);
	};
	if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', draw);
	else draw();
})();
