// Drawing on a canvas: a sharp surface, and panels with axes in data coordinates.
import { format, linear, ticks } from "./scale.js";

// The letters of the book's text, formulas and stills; in a notebook, where they are not, such as they are.
const LETTERS = "'Source Serif 4', Charter, Georgia, serif";
const NUMBER_WIDTH = 28; // px along the axis for each
export const font = (size, { maths = false } = {}) => `${maths ? "italic " : ""}${size}px ${LETTERS}`;

/**
 * A part of a picture that rarely changes: what `paint(ctx)` draws, as long as `key` and the size
 * stay. While it does change from frame to frame, keeping a copy would only cost; so the copy is made
 * of the first, which is seldom dragged at once, and then when a thing is wanted for the second time.
 */
export class Layer {
  constructor() {
    this.canvas = document.createElement("canvas");
  }

  draw({ ctx, width, height }, key, paint) {
    // Letters that are still on their way come in another frame.
    const whole = [key, ctx.canvas.width, ctx.canvas.height, document.fonts?.status].join();
    if (this.wanted !== whole) {
      const isFirst = !this.wanted;
      this.wanted = whole;
      this.kept = false;
      if (!isFirst) {
        paint(ctx);
        return;
      }
    }
    if (!this.kept) {
      this.kept = true;
      this.canvas.width = ctx.canvas.width;
      this.canvas.height = ctx.canvas.height;
      const own = this.canvas.getContext("2d");
      own.setTransform(ctx.getTransform());
      paint(own);
    }
    ctx.drawImage(this.canvas, 0, 0, width, height);
  }
}

/** Match the canvas to its box and the screen's pixels; returns { ctx, width, height } in CSS pixels. */
export function surface(canvas) {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const ratio = Math.min(globalThis.devicePixelRatio || 1, 2.5);
  const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixels[0]) canvas.width = pixels[0];
  if (canvas.height !== pixels[1]) canvas.height = pixels[1];
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return { ctx, width, height };
}

export class Panel {
  /** @param box { left, top, right, bottom } in pixels */
  constructor(ctx, box, xDomain, yDomain) {
    this.ctx = ctx;
    this.box = box;
    this.x = linear(xDomain, [box.left, box.right]);
    this.y = linear(yDomain, [box.bottom, box.top]);
  }

  /** `yText(value)` writes the numbers on the vertical axis, if they are not the values themselves. */
  axes({ ink, halo }, { xLabel, yLabel, xTicks = 5, yTicks = 5, xNumbers = true, yText = null }) {
    const { ctx, box, x, y } = this;
    ctx.save();
    ctx.strokeStyle = ink;
    ctx.fillStyle = ink;
    ctx.lineWidth = 1;
    const line = (x0, y0, x1, y1, alpha) => {
      ctx.globalAlpha = alpha;
      ctx.beginPath();
      ctx.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5);
      ctx.lineTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
      ctx.stroke();
    };
    const digits = (values) => (values.every(Number.isInteger) ? 0 : 1);
    line(box.left, box.bottom, box.right, box.bottom, 0.45);
    line(box.left, box.top, box.left, box.bottom, 0.45);
    ctx.font = font(11);
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    const xs = ticks(...x.domain, Math.max(2, Math.min(xTicks, Math.floor((box.right - box.left) / NUMBER_WIDTH))));
    for (const value of xs) {
      line(x(value), box.bottom, x(value), box.bottom + 4, 0.45);
      ctx.globalAlpha = 0.8;
      if (xNumbers) ctx.fillText(format(value, digits(xs)), x(value), box.bottom + 7);
    }
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    const ys = ticks(...y.domain, yTicks);
    for (const value of ys) {
      line(box.left - 4, y(value), box.left, y(value), 0.45);
      ctx.globalAlpha = 0.8;
      ctx.fillText(yText ? yText(value) : format(value, digits(ys)), box.left - 7, y(value));
    }
    ctx.restore();
    const label = { colour: ink, halo, size: 16 };
    if (xLabel) this.text(xLabel, box.right, box.bottom - 11, { ...label, align: "right" });
    if (yLabel) this.text(yLabel, box.left + 8, box.top + 6, label);
  }

  /** Draw inside the panel only. */
  clipped(draw) {
    const { ctx, box } = this;
    ctx.save();
    ctx.beginPath();
    ctx.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    ctx.clip();
    draw();
    ctx.restore();
  }

  curve(xs, ys, { colour, width = 2, alpha = 1, dash = [] }) {
    const { ctx, x, y } = this;
    ctx.save();
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.globalAlpha = alpha;
    ctx.lineJoin = "round";
    ctx.setLineDash(dash);
    ctx.beginPath();
    const end = xs.length - 1;
    let lastX = NaN;
    let lastY = NaN;
    for (let i = 0; i <= end; i += 1) {
      const px = x(xs[i]);
      const py = y(ys[i]);
      // Points that fall into the same pixel would only cost time.
      if (Math.abs(px - lastX) < 1 && Math.abs(py - lastY) < 1 && i < end) continue;
      ctx.lineTo(px, py);
      lastX = px;
      lastY = py;
    }
    ctx.stroke();
    ctx.restore();
  }

  dots(xs, ys, { colour, radius = 2, alpha = 1 }) {
    const { ctx, x, y } = this;
    ctx.save();
    ctx.fillStyle = colour;
    ctx.globalAlpha = alpha;
    ctx.beginPath();
    for (let i = 0; i < xs.length; i += 1) {
      const px = x(xs[i]);
      const py = y(ys[i]);
      ctx.moveTo(px + radius, py);
      ctx.arc(px, py, radius, 0, 2 * Math.PI);
    }
    ctx.fill();
    ctx.restore();
  }

  /** A disc: filled for what attracts, hollow for what repels. */
  disc(vx, vy, { colour, halo, radius, filled }) {
    const { ctx, x, y } = this;
    ctx.save();
    ctx.beginPath();
    ctx.arc(x(vx), y(vy), radius, 0, 2 * Math.PI);
    ctx.fillStyle = filled ? colour : halo;
    ctx.fill();
    ctx.lineWidth = 2;
    ctx.strokeStyle = filled ? halo : colour;
    ctx.stroke();
    ctx.restore();
  }

  text(string, px, py, { colour, halo, size = 13, align = "left", maths = true }) {
    const { ctx } = this;
    ctx.save();
    ctx.font = font(size, { maths });
    ctx.textAlign = align;
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    ctx.lineWidth = 4;
    ctx.strokeStyle = halo;
    ctx.strokeText(string, px, py);
    ctx.fillStyle = colour;
    ctx.fillText(string, px, py);
    ctx.restore();
  }
}

/**
 * Arrows of a vector field on a grid, gathered in one path. Their direction is that of the flow on
 * the screen; their length grows slowly with the speed, so that slow places can still be read.
 */
export function arrows(panel, field, { columns, rows, colour, alpha = 1, width = 1.1 }) {
  const { ctx, x, y, box } = panel;
  const [v0, v1] = x.domain;
  const [w0, w1] = y.domain;
  const kx = (box.right - box.left) / (v1 - v0);
  const ky = (box.bottom - box.top) / (w1 - w0);
  const out = new Float64Array(2);
  const longest = 0.62 * Math.min((box.right - box.left) / columns, (box.bottom - box.top) / rows);
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.globalAlpha = alpha;
  ctx.lineWidth = width;
  ctx.beginPath();
  for (let column = 0; column < columns; column += 1) {
    for (let row = 0; row < rows; row += 1) {
      const v = v0 + ((column + 0.5) * (v1 - v0)) / columns;
      const w = w0 + ((row + 0.5) * (w1 - w0)) / rows;
      field(0, v, w, out);
      arrow(ctx, x(v), y(w), out[0] * kx, -out[1] * ky, longest);
    }
  }
  ctx.stroke();
  ctx.restore();
}

/** Add to the path an arrow centred on (px, py), along (dx, dy) in pixels per unit of time. */
export function arrow(ctx, px, py, dx, dy, longest) {
  const speed = Math.hypot(dx, dy);
  if (!(speed > 1e-9) || speed === Infinity) return;
  const length = longest * (0.35 + 0.65 * Math.min(1, speed / 150) ** 0.6);
  const ux = dx / speed;
  const uy = dy / speed;
  const tipX = px + (ux * length) / 2;
  const tipY = py + (uy * length) / 2;
  const head = Math.min(4.5, length * 0.38);
  ctx.moveTo(px - (ux * length) / 2, py - (uy * length) / 2);
  ctx.lineTo(tipX, tipY);
  ctx.moveTo(tipX - head * (ux * 0.87 - uy * 0.5), tipY - head * (uy * 0.87 + ux * 0.5));
  ctx.lineTo(tipX, tipY);
  ctx.lineTo(tipX - head * (ux * 0.87 + uy * 0.5), tipY - head * (uy * 0.87 - ux * 0.5));
}
