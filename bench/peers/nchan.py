"""nginx with the nchan module (Debian's libnginx-mod-nchan): WebSocket publisher and subscribers."""
from peers.nginx import Nginx

MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"


class Nchan(Nginx):
    name = "nchan"

    def __init__(self, work, core):
        # nchan's workers talk through a master; the one worker is what is measured.
        super().__init__(work, core, """\
    location /pub { nchan_publisher websocket; nchan_channel_id bench;
                    nchan_message_buffer_length 2000; }
    location /sub { nchan_subscriber websocket; nchan_channel_id bench; }""",
                         modules=f"load_module {MODULE};",
                         http="  nchan_shared_memory_size 256M;", master="on")
