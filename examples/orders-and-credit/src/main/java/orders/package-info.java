// SPDX-License-Identifier: Apache-2.0
/**
 * Orders within their customers' credit limits: an order is pending until credit is reserved for
 * it.
 *
 * <pre>
 *   order_placed ──> create ── order_created ──> credit ── credit_reserved ──> approve ── order_approved
 *                 order-service               customer-service               order-service
 * </pre>
 *
 * <p>The first file to read is {@link orders.Orders}.
 */
@NullMarked
package orders;

import org.jspecify.annotations.NullMarked;
