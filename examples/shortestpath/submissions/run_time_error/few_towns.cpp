// Has room for 100 towns, and checks it.
#include <functional>
#include <iostream>
#include <vector>
#include <queue>
#include <utility>

struct Road {
    int to;
    long long time;
};

int main() {
    int n, m;
    std::cin >> n >> m;
    std::vector<std::vector<Road>> roads(101);
    for (int i = 0; i < m; ++i) {
        int from, to;
        long long time;
        std::cin >> from >> to >> time;
        roads.at(from).push_back({to, time});
    }

    std::vector<long long> times(101, -1);
    using Stop = std::pair<long long, int>;
    std::priority_queue<Stop, std::vector<Stop>, std::greater<>> queue;
    queue.push({0, 1});
    while (!queue.empty()) {
        auto [time, town] = queue.top();
        queue.pop();
        if (times.at(town) >= 0) continue;
        times.at(town) = time;
        for (const Road &road : roads.at(town)) queue.push({time + road.time, road.to});
    }
    std::cout << times.at(n) << "\n";
}
